import { createApp } from 'rockstar-web'
import { fillers, payload } from '../routes.ts'

/** The app of the benches on Deno and Bun. */
export const app = createApp()
for (const path of fillers) app.get(path, () => 'filler')
app
  .get('/text', (ctx) => ctx.text('Hello, World!'))
  .get('/json', (ctx) => ctx.json(payload))
  .get('/users/:id', (ctx) => ctx.json({ id: ctx.params.id, q: ctx.query.get('q') }))
  .post('/echo', async (ctx) => ctx.json(await ctx.body.json()))
  .get(
    '/native',
    () => new Response('Hello, World!', { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
  )
