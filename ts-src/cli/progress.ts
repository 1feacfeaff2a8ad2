/** One line on a terminal that says how far something is; nothing where there is no terminal. */

const interval = 100;

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedAt = performance.now();
  #lastAt = 0;
  #shown = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  /** Seconds since it began. */
  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** @param text asked for only when it is time to show it */
  update(text: () => string): void {
    if (!this.#stream.isTTY) return;
    const now = performance.now();
    if (now - this.#lastAt < interval) return;
    this.#lastAt = now;
    this.#shown = true;
    const width = Math.max(20, (this.#stream.columns || 80) - 1);
    this.#stream.write(`\r\x1b[K${text().slice(0, width)}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}

/** 138000 as `138 000`. */
export function grouped(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** 12582912 as `12.0 MiB`. */
export function byteSize(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return unit === 0 ? `${bytes} bytes` : `${(bytes / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}

/** `██████░░░░  60 %` */
export function bar(done: number, width = 24): string {
  const full = Math.round(Math.min(1, Math.max(0, done)) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${Math.floor(done * 100)
    .toString()
    .padStart(3)} %`;
}
