/**
 * A web server for one page and the questions it asks, for nobody but the user of this machine: it listens on the
 * loopback address alone, answers under a secret path alone, and to its own name alone, so that neither another machine
 * nor another page in the user's browser (through a name that leads here) gets at the data.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pageFolder } from '../page-folder.js';
import { type Browser, failureOf } from './browser.js';

const host = '127.0.0.1';

const contentTypes: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'chart.js': 'text/javascript; charset=utf-8',
  'dom.js': 'text/javascript; charset=utf-8',
  'tree.js': 'text/javascript; charset=utf-8',
};

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const;

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
}

export class PageServer {
  readonly #server: Server;
  readonly #token = randomBytes(18).toString('base64url');

  constructor(readonly browser: Browser) {
    this.#server = createServer((request, response) => this.#handle(request, response));
  }

  /**
   * @param port 0 for any that is free
   * @returns the address to open
   * @throws system errors
   */
  async listen(port: number): Promise<string> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return `http://${host}:${this.#port}/${this.#token}/`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { status, type, body } = this.#reply(request);
    const allow = status === 405 ? { Allow: 'GET, HEAD' } : {};
    response.writeHead(status, {
      ...headers,
      ...allow,
      'Content-Type': type,
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  #reply(request: IncomingMessage): Reply {
    if (!this.#isOwn(request)) return text(403, 'This address answers to its own page alone.');
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'This page is for reading.');
    const url = new URL(request.url ?? '/', `http://${host}`);
    const [, token = '', ...rest] = url.pathname.split('/');
    if (!this.#isToken(token)) return text(404, 'There is nothing here: the address has a secret part.');
    const path = rest.join('/');
    if (path.startsWith('api/')) return this.#ask(path.slice('api/'.length), url.searchParams);
    return pageFile(path === '' ? 'index.html' : path);
  }

  /** Names other than these may lead here for pages of others; and their requests come from elsewhere. */
  #isOwn({ headers: { host: name, 'sec-fetch-site': site } }: IncomingMessage): boolean {
    const isNamed = name === `${host}:${this.#port}` || name === `localhost:${this.#port}`;
    return isNamed && (site === undefined || site === 'same-origin' || site === 'none');
  }

  #isToken(given: string): boolean {
    const [a, b] = [Buffer.from(given), Buffer.from(this.#token)];
    return a.length === b.length && timingSafeEqual(a, b);
  }

  #ask(question: string, parameters: URLSearchParams): Reply {
    try {
      return json(200, this.browser.answer(question, parameters));
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== undefined) return json(failure.status, { error: failure.message });
      const { name, message } = error as Error;
      return json(500, { error: `unexpected ${name}: ${message}` });
    }
  }
}

function pageFile(name: string): Reply {
  const type = Object.hasOwn(contentTypes, name) ? contentTypes[name] : undefined;
  if (type === undefined) return text(404, 'There is no such file.');
  return { status: 200, type, body: readFileSync(new URL(name, pageFolder)) };
}

function text(status: number, body: string): Reply {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

/** What has no JSON of its own, such as the user data of a schema, comes as tagged JSON. */
function json(status: number, value: object): Reply {
  const body = JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member));
  return { status, type: 'application/json; charset=utf-8', body };
}
