/**
 * Works in processes of their own, so that none has compiled code, heap or caches of another. As a program this module
 * is such a process: it runs the work that it is told and sends the result back.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const self = fileURLToPath(import.meta.url);

/** What a module of bench/works exports as `work`. */
export type Work<Parameters, Result> = (parameters: Parameters) => Promise<Result> | Result;

interface Request {
  readonly name: string;
  readonly parameters: unknown;
}

/** Starts a process for a work of bench/works; `result` waits for it. */
export function startWork<Parameters, Result>(
  name: string,
  parameters: Parameters,
  nodeFlags: string[] = [],
) {
  const child = fork(self, { execArgv: ['--expose-gc', ...nodeFlags] });
  const result = new Promise<Result>((resolve, reject) => {
    child.on('message', (message: object) => {
      if ('result' in message) resolve(message.result as Result);
    });
    child.once('exit', (code, signal) => {
      if (code !== 0) reject(new Error(`the work "${name}" ended with ${signal ?? code}`));
    });
  });
  child.send({ name, parameters } satisfies Request);
  return { child, result };
}

export function runWork<Parameters, Result>(
  name: string,
  parameters: Parameters,
  nodeFlags?: string[],
): Promise<Result> {
  return startWork<Parameters, Result>(name, parameters, nodeFlags).result;
}

if (process.argv[1] === self && process.send !== undefined) {
  process.once('message', async ({ name, parameters }: Request) => {
    const { work } = (await import(`../works/${name}.js`)) as { work: Work<unknown, object> };
    const result = await work(parameters);
    process.send?.({ result }, () => process.disconnect());
  });
}
