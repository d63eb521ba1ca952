import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { benchRuntime } from './runtime.ts'

// node tools/node.mjs bench/deno.ts           needs Linux and node_modules/deno
// node tools/node.mjs bench/deno.ts quick     fewer rounds
// node tools/node.mjs bench/deno.ts POST      only the cases with this in their names

// The program itself: that of `.bin` is a script that starts it.
const deno = fileURLToPath(new URL('../node_modules/deno/deno', import.meta.url))
if (!existsSync(deno)) throw new Error(`Expected ${deno}; run node_modules/.bin/deno --version once`)
await benchRuntime({ name: 'deno', command: [deno, 'run', '--allow-net=127.0.0.1'] })
process.exit(0)
