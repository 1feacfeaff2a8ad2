/** One line on a terminal that says how far something is; nothing where there is no terminal. */
import { Format, SingleBar } from 'cli-progress';

/** What the line says. */
export interface ProgressState {
  /** From 0 to 1; without it there is no bar. */
  readonly done?: number | undefined;
  /** Before the bar. */
  readonly title?: string;
  /** Behind it; asked for only when it is time to show it. */
  readonly text: () => string;
}

export class Progress {
  readonly #bar: SingleBar | undefined;
  readonly #startedAt = performance.now();
  #state: ProgressState = { text: () => '' };

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    if (!stream.isTTY) return;
    this.#bar = new SingleBar({
      stream,
      format: (options, { progress }) => this.#line(Format.BarFormat(progress, options)),
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      clearOnComplete: true,
      // What ends in the middle leaves the terminal as it was.
      linewrap: true,
    });
    this.#bar.start(1, 0);
  }

  /** Seconds since it began. */
  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  update(state: ProgressState): void {
    this.#state = state;
    this.#bar?.update(Math.min(1, Math.max(0, state.done ?? 0)));
  }

  /** Takes the line away. */
  clear(): void {
    this.#bar?.stop();
  }

  #line(bar: string): string {
    const { done, title, text } = this.#state;
    const share = done === undefined ? '' : `${bar} ${String(Math.floor(done * 100)).padStart(3)} % `;
    return [title, share, text()].filter(Boolean).join(' ');
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
