import { handler as toHandler } from '../../adapters/lambda/index.ts'
import { createLambdaPlatform } from '../../adapters/lambda/platform.ts'
import { createApp } from '../../src/core.ts'

/** The function that `bench/lambda.ts` measures, and what it stands on. */
export const app = createApp()
  .get('/', (ctx) => ctx.text('hi'))
  .get('/native', (ctx) => new Response(ctx.headers.get('accept')))
  .post('/', async (ctx) => {
    const bytes = (await ctx.platform.readBody?.(ctx.request, 1_000_000)) ?? new Uint8Array()
    return ctx.json({ bytes: bytes.byteLength })
  })
export const handler = toHandler(app)
export const platform = createLambdaPlatform()
