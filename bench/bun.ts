import { fileURLToPath } from 'node:url'
import { benchRuntime } from './runtime.ts'

// node tools/node.mjs bench/bun.ts           needs Linux
// node tools/node.mjs bench/bun.ts quick     fewer rounds
// node tools/node.mjs bench/bun.ts POST      only the cases with this in their names

const bun = fileURLToPath(new URL('../node_modules/.bin/bun', import.meta.url))
await benchRuntime({ name: 'bun', command: [bun] })
process.exit(0)
