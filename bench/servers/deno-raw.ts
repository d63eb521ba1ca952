import { handle } from './fetch-raw.ts'

const { args, serve } = Reflect.get(globalThis, 'Deno')
serve({ port: Number(args[0]), hostname: '127.0.0.1', onListen: () => undefined }, handle)
