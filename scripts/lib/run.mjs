// Runs the programs that a step needs, and shows that it is at work.
// All of it goes to stderr, so that `npm pack --json` and the like keep stdout to themselves.
import { spawn } from 'node:child_process';
import { root } from './paths.mjs';

/** A failure that the person reading it can act on: shown without a stack. */
export class Failure extends Error {}

const terminal = process.stderr.isTTY === true && !process.env.CI;
// Off a terminal a line stays, so there are few of them.
const firstLineAfter = 10;

/** Says `title` while `work` runs, with the seconds it has taken, and what came of it. */
export async function withProgress(title, work) {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  let nextLine = firstLineAfter;
  const show = () => {
    if (terminal) {
      process.stderr.write(`\r\x1b[2K… ${title} (${Math.floor(seconds())} s)`);
    } else if (seconds() >= nextLine) {
      process.stderr.write(`  ${title}: ${Math.round(seconds())} s so far\n`);
      nextLine *= 2;
    }
  };
  if (terminal) show();
  else process.stderr.write(`… ${title}\n`);
  const timer = setInterval(show, terminal ? 250 : 1000);
  const end = (mark) => {
    clearInterval(timer);
    process.stderr.write(`${terminal ? '\r\x1b[2K' : ''}${mark} ${title} (${seconds().toFixed(1)} s)\n`);
  };
  try {
    const result = await work();
    end('✓');
    return result;
  } catch (error) {
    end('✗');
    throw error;
  }
}

function start(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? 1, signal, output }));
  });
}

/** Runs a program in silence and answers its exit code and output; `code` is -1 where there is no such program. */
export async function capture(command, args, options = {}) {
  try {
    return await start(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  } catch (error) {
    return { code: -1, signal: null, output: String(error) };
  }
}

/** Runs a program under a title and answers its output. Where it fails, all of that output is shown. */
export function run(title, command, args, options) {
  return withProgress(title, async () => {
    const { code, signal, output } = await capture(command, args, options);
    if (code === 0) return output;
    const how =
      code === -1 ? 'could not be started' : signal ? `was ended by ${signal}` : `exited with ${code}`;
    throw new Failure(`${output.trimEnd()}\n\n${title}: failed (${[command, ...args].join(' ')} ${how})`);
  });
}

/** Runs a program with this one's terminal; answers its exit code. */
export async function hand(command, args, options = {}) {
  const { code } = await start(command, args, { stdio: 'inherit', ...options });
  return code;
}

/** Runs npm, this very one where npm runs us. */
export function npm(title, args, options = {}) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('.js')
    ? run(title, process.execPath, [cli, ...args], options)
    : run(title, 'npm', args, { ...options, shell: process.platform === 'win32' });
}

/** The whole of a script: runs it, ends with its exit code, shows a failure without a stack. */
export async function main(script) {
  try {
    process.exitCode = (await script(process.argv.slice(2))) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
