/**
 * Every error this library throws on purpose. Caller mistakes are real `TypeError`s and `RangeError`s, states and
 * data are `SharedBuffersError`s; all carry a stable `code` and answer true to `instanceof SharedBuffersError`,
 * across copies of this package too (the brand is a registered symbol).
 */

const brand = Symbol.for('sharedbuffers.error');

/** What went wrong, in a form that stays the same when messages change. */
export type SharedBuffersErrorCode =
  | 'ERR_SHAREDBUFFERS_CORRUPT'
  | 'ERR_SHAREDBUFFERS_ENCODING'
  | 'ERR_SHAREDBUFFERS_UNSUPPORTED'
  | 'ERR_SHAREDBUFFERS_WRONG_KIND'
  | 'ERR_SHAREDBUFFERS_NOT_SELF_DESCRIBED'
  | 'ERR_SHAREDBUFFERS_SCHEMA_MISMATCH'
  | 'ERR_SHAREDBUFFERS_CLOSED'
  | 'ERR_SHAREDBUFFERS_FILE_CHANGED'
  | 'ERR_SHAREDBUFFERS_TOO_LARGE'
  | 'ERR_SHAREDBUFFERS_UNSAFE_INTEGER'
  | 'ERR_SHAREDBUFFERS_MISSING_VALUE'
  | 'ERR_SHAREDBUFFERS_NO_EXTERNAL_BUFFERS'
  | 'ERR_SHAREDBUFFERS_DUPLICATE_KEY'
  | 'ERR_SHAREDBUFFERS_INVALID_ARGUMENT'
  | 'ERR_SHAREDBUFFERS_INVALID_TYPE'
  | 'ERR_SHAREDBUFFERS_OUT_OF_RANGE'
  | 'ERR_SHAREDBUFFERS_READ_ONLY';

/** Base of the errors about data and states; `instanceof` it is true for every error of this library. */
export class SharedBuffersError extends Error {
  static {
    SharedBuffersError.prototype.name = 'SharedBuffersError';
    Object.defineProperty(SharedBuffersError.prototype, brand, { value: true });
  }

  /** What went wrong, for programs. */
  readonly code: SharedBuffersErrorCode;

  constructor(code: SharedBuffersErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** True for every error of this library, whatever its class and whichever copy of the package made it. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass that inherits this keeps the ordinary meaning
    if (this !== SharedBuffersError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** A file whose bytes contradict themselves; `offset` is the position in the region where that was seen. */
export class CorruptDataError extends SharedBuffersError {
  /** The position in bytes where that was seen, where it is one. */
  readonly offset: number | undefined;

  constructor(message: string, offset?: number, code: SharedBuffersErrorCode = 'ERR_SHAREDBUFFERS_CORRUPT') {
    super(code, offset === undefined ? message : `${message} (at offset ${offset})`);
    this.offset = offset;
  }
}

/** Data that is well formed, but of a version, kind or type that this library does not read. */
export class UnsupportedError extends SharedBuffersError {
  constructor(message: string, code: SharedBuffersErrorCode = 'ERR_SHAREDBUFFERS_UNSUPPORTED') {
    super(code, message);
  }
}

/** A container, or something read from it, was used after `close()`. */
export class ClosedError extends SharedBuffersError {
  constructor(message = 'the container was closed; open it again to read from it') {
    super('ERR_SHAREDBUFFERS_CLOSED', message);
  }
}

/** A read or a build met one of its limits. */
export class TooLargeError extends SharedBuffersError {
  constructor(message: string) {
    super('ERR_SHAREDBUFFERS_TOO_LARGE', message);
  }
}

/** An argument or a value of a type that cannot be taken. */
export class InvalidTypeError extends TypeError {
  static {
    InvalidTypeError.prototype.name = 'InvalidTypeError';
    Object.defineProperty(InvalidTypeError.prototype, brand, { value: true });
  }

  constructor(
    message: string,
    /** What went wrong, for programs. */
    readonly code: SharedBuffersErrorCode = 'ERR_SHAREDBUFFERS_INVALID_TYPE',
  ) {
    super(message);
  }
}

/** An argument or a value of the right type, but outside of what is allowed. */
export class OutOfRangeError extends RangeError {
  static {
    OutOfRangeError.prototype.name = 'OutOfRangeError';
    Object.defineProperty(OutOfRangeError.prototype, brand, { value: true });
  }

  constructor(
    message: string,
    /** What went wrong, for programs. */
    readonly code: SharedBuffersErrorCode = 'ERR_SHAREDBUFFERS_OUT_OF_RANGE',
  ) {
    super(message);
  }
}

/** The error for a code that native code reports; see `setErrorFactory` of the native binding. */
export function errorForCode(code: string, message: string, offset?: number): Error {
  switch (code) {
    case 'ERR_SHAREDBUFFERS_CORRUPT':
    case 'ERR_SHAREDBUFFERS_ENCODING':
      return new CorruptDataError(message, offset, code);
    case 'ERR_SHAREDBUFFERS_CLOSED':
      return new ClosedError();
    case 'ERR_SHAREDBUFFERS_TOO_LARGE':
      return new TooLargeError(message);
    case 'ERR_SHAREDBUFFERS_INVALID_ARGUMENT':
      return new OutOfRangeError(message, code);
    default:
      return new SharedBuffersError(code as SharedBuffersErrorCode, message);
  }
}

const pathKey = Symbol('sharedbuffers.path');

/**
 * Puts a slot before the path of an error that packing a value threw, so that its message says where in the record
 * the value was: `City.country.code: expected …`.
 */
export function atSlot(error: unknown, schemaName: string, slotName: string): unknown {
  if (!(error instanceof SharedBuffersError)) return error;
  const tracked = error as SharedBuffersError & { [pathKey]?: { slots: string[]; detail: string } };
  const path = tracked[pathKey] ?? { slots: [], detail: error.message };
  path.slots.unshift(slotName);
  Object.defineProperty(error, pathKey, { value: path, configurable: true });
  error.message = `${schemaName}.${path.slots.join('.')}: ${path.detail}`;
  return error;
}

/** Puts the number of the record, and its key, before the message of an error that packing it threw. */
export function atRecord(error: unknown, number: number, key?: unknown): unknown {
  if (error instanceof SharedBuffersError) {
    error.message = `record ${number}${key === undefined ? '' : ` (key ${describe(key)})`}: ${error.message}`;
  }
  return error;
}

/** How a value looks in a message: short, one line, with its type where that is not obvious. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value === 'symbol') return value.toString();
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  if (ArrayBuffer.isView(value)) return `${name} of ${value.byteLength} bytes`;
  if (value instanceof Promise) return 'a Promise (is an `await` missing?)';
  return name && name !== 'Object' ? `an instance of ${name}` : 'an object';
}
