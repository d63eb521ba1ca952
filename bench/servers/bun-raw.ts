import { handle } from './fetch-raw.ts'

Reflect.get(globalThis, 'Bun').serve({ port: Number(process.argv[2]), hostname: '127.0.0.1', fetch: handle })
