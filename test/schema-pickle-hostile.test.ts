import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CorruptDataError, TooLargeError, UnsupportedError } from '#src/errors.js';
import { readSchemaPickle } from '#src/schema/pickle-reader.js';
import { writeSchemaPickle } from '#src/schema/pickle-writer.js';
import { fixtureBytes, fixtureJson } from './support/fixtures.js';
import { randomNumbers } from './support/random.js';
import { describeStored, storedSchema } from './support/stored-schemas.js';

const latin1 = (...parts: string[]) => new Uint8Array(Buffer.from(parts.join(''), 'latin1'));
const library = 'csharedbuffers.mapped_struct\n';
const u32 = (value: number) =>
  String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);
const text = (value: string) => `X${u32(value.length)}${value}`;
const osCall = `cos\nsystem\n(${text('touch /tmp/owned')}tR`;

/** A schema of one slot `a`, whose type, user data and so on are what these opcodes push. */
function schemaWith({
  type = `${library}byte\n`,
  more = '',
  version = 'K\x02',
  keys = `(${text('a')}t`,
}): Uint8Array {
  const slotTypes = `}(${text('a')}${type}u`;
  const state = [
    `}(${text('slot_types')}${slotTypes}`,
    `${text('slot_keys')}${keys}`,
    `${text('alignment')}K\x08${text('bases')}N`,
    `${text('version')}${version}${more}u`,
  ];
  return latin1('\x80\x02', `${library}Schema\n}\x85R`, ...state, 'b.');
}

const isOurs = (error: unknown) =>
  error instanceof CorruptDataError || error instanceof UnsupportedError || error instanceof TooLargeError;

describe('opcodes that Python writes in other protocols', () => {
  const forms: [string, Uint8Array][] = [
    [
      '0',
      latin1(
        `${library}Schema\np0\n((dp1\nVa\\u00e9\np2\n${library}byte\np3\nstp4\nRp5\n(dp6\nVslot_types\np7\n`,
        'g1\nsVslot_keys\np8\n(g2\ntp9\nsValignment\np10\nI8\nsVbases\np11\nNsVversion\np12\nL1L\nsb.',
      ),
    ],
    [
      '4',
      latin1(
        '\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x1bsharedbuffers.mapped_struct\x94\x8c\x06Schema\x94\x93\x94}\x94\x8c\x03a\xc3\xa9\x94h\x00\x8c\x04byte\x94\x93\x94s\x85\x94R\x94}\x94(\x8c\x0aslot_types\x94h\x03\x8c\x09slot_keys\x94h\x04\x85\x94\x8c\x07version\x94K\x01ub.',
      ),
    ],
  ];
  for (const [protocol, bytes] of forms) {
    test(`protocol ${protocol}`, () => {
      const expected = storedSchema({ aé: 'byte' }, { version: 1 });
      assert.deepEqual(describeStored(readSchemaPickle(bytes)), describeStored(expected));
    });
  }

  test('the wrapper of older versions of the library', () => {
    const nested = `${library}Schema\n}(${text('x')}${library}int32\nu\x85R}(${text('slot_keys')}(${text('x')}tub`;
    const type = `${library}__pyx_unpickle_mapped_object_with_schema\n(NK\x01NtR${nested}\x85b`;
    const read = readSchemaPickle(schemaWith({ type }));
    assert.deepEqual(
      describeStored(read),
      describeStored(storedSchema({ a: storedSchema({ x: 'int32' }, { version: 1 }) })),
    );
  });

  test('names that Python resolves to a slot type', () => {
    const named = (global: string) =>
      readSchemaPickle(schemaWith({ type: `c${global}\n` })).slotTypes.get('a');
    assert.equal(named('builtins\nint'), 'int');
    assert.equal(named('__builtin__\nint'), 'int');
    assert.equal(named('builtins\nlist'), 'mapped_list');
    assert.equal(named('decimal\nDecimal'), 'mapped_decimal');
    assert.equal(named('sharedbuffers.mapped_struct\nuint16'), 'ushort');
  });
});

describe('hostile pickles', () => {
  test('a name that is no slot type is refused by name', () => {
    assert.throws(() => readSchemaPickle(schemaWith({ type: 'cos\nsystem\n' })), {
      name: 'SharedBuffersError',
      code: 'ERR_SHAREDBUFFERS_UNSUPPORTED',
      message: /the stored schema names the type "os\.system", which is none of the slot types/,
    });
  });

  test('a call where the schema depends on it is refused by name', () => {
    const calls = [
      latin1('\x80\x02', osCall, '.'),
      schemaWith({ type: osCall }),
      schemaWith({ keys: osCall }),
      schemaWith({ type: `${library}mapped_object_with_schema\n(NtR${osCall}\x85b` }),
      latin1('\x80\x02', `${library}Schema\n}\x85R`, osCall, 'b.'),
      latin1('\x80\x02', `${library}Schema\n`, osCall, '\x85R.'),
      latin1('\x80\x02', `cbuiltins\neval\n(${text('1')}tR.`),
    ];
    for (const bytes of calls) {
      assert.throws(
        () => readSchemaPickle(bytes),
        (error) => {
          assert.ok(error instanceof UnsupportedError);
          assert.match(error.message, /calls "(os\.system|builtins\.eval)" for .*, which is refused/);
          return true;
        },
      );
    }
  });

  test('a call in user data stays a description', () => {
    const read = readSchemaPickle(schemaWith({ more: `${text('user_data')}${osCall}` }));
    assert.deepEqual(Object(read.userData).global, 'os.system');
    assert.deepEqual(Object(read.userData).args, ['touch /tmp/owned']);
  });

  test('opcodes that no schema needs are refused by name or number', () => {
    const refused: [string, RegExp][] = [
      ['Pid\n', /PERSID/],
      ['(ios\nsystem\n', /INST/],
      ['(cos\nsystem\no', /OBJ/],
      ['\x82\x01', /EXT1/],
      ["S'x'\n", /STRING/],
      ['\xff', /number 0xff/],
      ['\x80\x09', /protocol 9/],
    ];
    for (const [opcodes, message] of refused) {
      const refuse = (error: unknown) => error instanceof UnsupportedError && message.test(error.message);
      assert.throws(() => readSchemaPickle(latin1('\x80\x02', opcodes, '.')), refuse);
    }
  });

  test('states that are no schema', () => {
    const broken: [Uint8Array, RegExp][] = [
      [schemaWith({ version: 'K\x03' }), /version 3/],
      [schemaWith({ version: 'N' }), /None for a version/],
      [schemaWith({ keys: `(${text('a')}${text('a')}t` }), /twice/],
      [schemaWith({ keys: `(${text('b')}t` }), /no type for the slot "b"/],
      [schemaWith({ keys: ')' }), /more slot types/],
      [schemaWith({ keys: '(K\x01t' }), /an integer for a slot name/],
      [schemaWith({ type: 'K\x01' }), /an integer for the type of the slot "a"/],
      [schemaWith({ type: `${library}mapped_object_with_schema\n(NtR` }), /without a schema/],
      [schemaWith({ more: `${text('alignment')}K\x00` }), /alignment/],
      [schemaWith({ more: `${text('alignment')}\x88` }), /a bool for an alignment/],
      [schemaWith({ more: `${text('strange')}N` }), /"strange"/],
      [latin1('}.'), /a dict for the schema/],
      [latin1('N.'), /None for the schema/],
      [latin1(`${library}Schema\n.`), /names "sharedbuffers\.mapped_struct\.Schema"/],
      [latin1(`${library}Schema\n)R.`), /lacks the slot types/],
      [latin1(''), /empty/],
      [latin1('.'), /takes a value where there is none/],
      [latin1('(.'), /takes a value where there is none/],
      [latin1('t.'), /mark that was not set/],
      [latin1('h\x07.'), /value 7/],
      [latin1('K\x01)R.'), /calls an integer/],
      [latin1('K\x01K\x02R.'), /for arguments/],
      [latin1('NNb.'), /state of None/],
      [latin1('}]e.'), /./],
      [latin1(`X${u32(0xffffffff)}abc`), /ends too early/],
      [latin1('X\x02\x00\x00\x00\xc3('), /not UTF-8/],
      [latin1('V\\ud800\n.'), /not Unicode/],
      [latin1('\x8d\xff\xff\xff\xff\xff\xff\xff\xffa.'), /ends too early/],
    ];
    for (const [bytes, message] of broken) {
      assert.throws(
        () => readSchemaPickle(bytes),
        (error) => {
          assert.ok(isOurs(error), String(error));
          assert.match((error as Error).message, message);
          return true;
        },
      );
    }
  });

  test('an error says where in the file it is', () => {
    assert.throws(() => readSchemaPickle(latin1('\x80\x02h\x07.'), { offset: 1000 }), { offset: 1002 });
  });

  test('nesting is bounded', () => {
    const lists = ']'.repeat(400) + 'a'.repeat(399);
    assert.throws(
      () => readSchemaPickle(schemaWith({ more: `${text('user_data')}${lists}` })),
      TooLargeError,
    );
    const huge = ']'.repeat(500_000) + 'a'.repeat(499_999);
    assert.throws(() => readSchemaPickle(schemaWith({ more: `${text('user_data')}${huge}` })), TooLargeError);
    const callees = `cos\nsystem\n${')R'.repeat(400)}`;
    assert.throws(
      () => readSchemaPickle(schemaWith({ more: `${text('user_data')}${callees}` })),
      TooLargeError,
    );
  });

  test('shared values cannot describe more than can be walked', () => {
    const doubled = Array.from(
      { length: 60 },
      (_, i) => `(h${String.fromCharCode(i)}h${String.fromCharCode(i)}lq${String.fromCharCode(i + 1)}0`,
    );
    const bomb = `]q\x000${doubled.join('')}h\x3c`;
    assert.throws(() => readSchemaPickle(schemaWith({ more: `${text('user_data')}${bomb}` })), TooLargeError);
  });

  test('huge memo indexes, counts and integers cost nothing', () => {
    assert.ok(readSchemaPickle(schemaWith({ more: `${text('user_data')}Nr\xff\xff\xff\xff` })));
    assert.throws(
      () => readSchemaPickle(schemaWith({ more: `${text('user_data')}j\xff\xff\xff\xff` })),
      CorruptDataError,
    );
    assert.throws(
      () => readSchemaPickle(schemaWith({ more: `${text('user_data')}\x8b\xff\xff\xff\x7f` })),
      TooLargeError,
    );
    assert.throws(
      () => readSchemaPickle(schemaWith({ more: `${text('user_data')}L${'9'.repeat(10_000)}L\n` })),
      TooLargeError,
    );
    assert.throws(() => readSchemaPickle(new Uint8Array((1 << 20) + 1)), TooLargeError);
  });

  const pickles = fixtureJson<{ name: string; file: string }[]>('schema-pickles/index.json');

  test('truncated anywhere, a pickle is an error', () => {
    for (const { file } of pickles) {
      const bytes = fixtureBytes(`schema-pickles/${file}`);
      for (let size = 0; size < bytes.length; size++) {
        assert.throws(() => readSchemaPickle(bytes.subarray(0, size)), isOurs, `${file} at ${size}`);
      }
    }
  });

  test('changed at random, a pickle is a schema or an error', () => {
    const random = randomNumbers(4);
    const opcodes = Buffer.from(
      '(.012FGIJKLMNRTUVXabcdeghjlpqrstu}])\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8f\x90\x91\x93\x94',
      'latin1',
    );
    for (const { file } of pickles) {
      const bytes = fixtureBytes(`schema-pickles/${file}`);
      for (let i = 0; i < 1000; i++) {
        const changed = bytes.slice();
        for (let n = random(4); n >= 0; n--) {
          changed[random(changed.length)] = random(2)
            ? random(256)
            : (opcodes[random(opcodes.length)] as number);
        }
        readOrRefuse(changed);
      }
    }
  });
});

function readOrRefuse(bytes: Uint8Array): void {
  let schema: ReturnType<typeof readSchemaPickle>;
  try {
    schema = readSchemaPickle(bytes);
  } catch (error) {
    assert.ok(isOurs(error), String((error as Error).stack));
    return;
  }
  try {
    writeSchemaPickle(schema);
  } catch (error) {
    assert.ok(error instanceof TypeError || isOurs(error), String((error as Error).stack));
  }
}
