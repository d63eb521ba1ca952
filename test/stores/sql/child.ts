import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** A child process whose output is read. */
export type Child = ChildProcessByStdio<Writable, Readable, null>

/** Starts a script of this folder tree with this Node. Its errors go to the test's own. */
export function startChild(script: URL, args: readonly string[]): Child {
  return spawn(process.execPath, [script.pathname, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** Resolves when the child has said `word`. */
export async function heard(child: Child, word: string): Promise<void> {
  let output = ''
  for await (const chunk of child.stdout) {
    output += String(chunk)
    if (output.includes(word)) return
  }
  throw new Error(`Expected the child to say ${word}, got ${output}`)
}

/** Resolves to the exit code, or the signal's name. */
export async function ended(child: Child): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode ?? child.signalCode ?? 'unknown'
}
