import { resolve } from 'node:path'
import type { Client } from './client.ts'
import { http1Client } from './client.ts'
import type { Program } from './programs.ts'
import { startProgram } from './programs.ts'
import type { Subject } from './suite.ts'

/** A server in a process of its own, and a client for it. */
export async function startSubject(
  start: () => Promise<Program>,
  connect: (url: string) => Client = http1Client,
): Promise<Subject> {
  const program = await start()
  return { client: connect(program.url), close: program.close }
}

/** Starts the fixture on Node with these options of `serve`. */
export function startNode(options: object, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  return startProgram('node.ts', (bundle) => [process.execPath, bundle, JSON.stringify(options)], env)
}

/** Starts the fixture on Deno. */
export function startDeno(): Promise<Program> {
  // Not the script that npm puts before it, which passes no signals on.
  return startProgram('deno.ts', (bundle) => [
    resolve('node_modules/deno/deno'),
    'run',
    '-A',
    '--no-prompt',
    bundle,
  ])
}

/** Starts the fixture on Bun. */
export function startBun(): Promise<Program> {
  return startProgram('bun.ts', (bundle) => [resolve('node_modules/.bin/bun'), bundle])
}
