/** Samples in a page of documentation: what is run, what the page says it prints, and what comments around it ask for. */
import { readFileSync } from 'node:fs';

export interface Sample {
  /** The heading that it stands under. */
  readonly heading: string;
  readonly language: string;
  readonly code: string;
  /** The block of output behind it; `undefined` where there is none. */
  readonly printed: string | undefined;
  /** What stands in a comment `<!-- run: … -->` before it. */
  readonly directive: string | undefined;
  /** The name of the file that it is, where it is none to run: `<!-- file: … -->`, before a block or around one that is hidden. */
  readonly file: string | undefined;
  /** Goes before all samples that come after it, and is hidden: a comment that begins with `<!-- setup`. */
  readonly setup: boolean;
  /** Goes on where the sample before it ended: `<!-- continues -->`. */
  readonly continues: boolean;
}

const piece =
  /^#{1,4} (?<heading>.*)$|^<!-- (?<comment>run|file|setup|continues)(?:: (?<argument>.*?))?(?: -->|\n(?<hidden>[\s\S]*?)^-->)$|^```(?<language>\w*)\n(?<code>[\s\S]*?)^```$/gm;

const plain = { printed: undefined, directive: undefined, file: undefined, setup: false, continues: false };

/** The samples of a page, in their order. Blocks of `text` are the output of the sample before them. */
export function samplesOf(path: string): Sample[] {
  const samples: Sample[] = [];
  let heading = '';
  let announced: Partial<Sample> = {};
  for (const { groups = {} } of readFileSync(path, 'utf8').matchAll(piece)) {
    const { language = '', code = '', comment, argument, hidden } = groups;
    if (groups.heading !== undefined) heading = groups.heading;
    else if (comment !== undefined) {
      announced = {
        ...(comment === 'run' && { directive: argument }),
        ...(comment === 'file' && { file: argument }),
        ...(comment === 'setup' && { setup: true }),
        ...(comment === 'continues' && { continues: true }),
      };
      if (hidden === undefined) continue;
      samples.push({ ...plain, ...announced, heading, language: 'ts', code: hidden });
      announced = {};
    } else if (language === 'text') {
      samples.push({ ...(samples.pop() as Sample), printed: code });
    } else if (language !== '') {
      samples.push({ ...plain, ...announced, heading, language, code });
      announced = {};
    }
  }
  return samples;
}

/** The commands of a block, with the lines that continue them. */
export function commandsOf(code: string): string[] {
  return code
    .split(/^\$ /m)
    .map((command) => command.trimEnd())
    .filter((command) => command !== '');
}
