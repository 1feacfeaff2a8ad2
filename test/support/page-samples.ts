/** Samples in a page of documentation: what is run, and what the page says it prints. */
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
}

const piece =
  /^#{2,3} (?<heading>.*)$|^<!-- run: (?<directive>.*?) -->$|^```(?<language>\w+)\n(?<code>[\s\S]*?)^```$/gm;

/** The samples of a page, in their order. Blocks of `text` are the output of the sample before them. */
export function samplesOf(path: string): Sample[] {
  const samples: Sample[] = [];
  let heading = '';
  let directive: string | undefined;
  for (const { groups = {} } of readFileSync(path, 'utf8').matchAll(piece)) {
    if (groups.heading !== undefined) heading = groups.heading;
    else if (groups.directive !== undefined) directive = groups.directive;
    else if (groups.language === 'text') {
      samples.push({ ...(samples.pop() as Sample), printed: groups.code as string });
    } else {
      const { language = '', code = '' } = groups;
      samples.push({ heading, language, code, printed: undefined, directive });
      directive = undefined;
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
