import type { App, Batteries, Context, CoreContext, Middleware } from 'rockstar-web'
import { batteries, createApp, stateKey } from 'rockstar-web'
import { createApp as createCoreApp } from 'rockstar-web/core'

/** Compiles only when both types are the same. */
type Same<Left, Right> =
  (<Probe>() => Probe extends Left ? 1 : 2) extends <Probe>() => Probe extends Right ? 1 : 2 ? true : false
function same<Left, Right>(proof: Same<Left, Right>): void {
  void proof
}

// The parameters of a path are inferred from its literal.
createApp()
  .get('/users/:id', (ctx) => {
    same<typeof ctx.params, { readonly id: string }>(true)
    // @ts-expect-error -- no such parameter
    return ctx.params.name
  })
  .get('/files/:kind(int)/:tab?/*rest', (ctx) => {
    same<typeof ctx.params.kind, string>(true)
    same<typeof ctx.params.tab, string | undefined>(true)
    same<typeof ctx.params.rest, string>(true)
    return null
  })
  .get('/plain', (ctx) => {
    // @ts-expect-error -- the path has no parameters
    return ctx.params.id
  })
  .get('/dates/:day(\\d{4}-(?:0|1)\\d)/x', (ctx) => ctx.params.day)

// A chain is one type, however long it is.
const short = createApp()
const long = createApp()
  .get('/a', () => 'a')
  .post('/b/:id', () => 'b')
same<typeof short, typeof long>(true)
same<typeof short, App<Batteries>>(true)

// A missing service does not compile.
createCoreApp().get('/', (ctx) => {
  // @ts-expect-error -- the kernel has no database
  return ctx.db
})
createApp({ services: { clock: () => new Date() } }).get('/', (ctx) => {
  same<typeof ctx.clock, Date>(true)
  // @ts-expect-error -- a table of one's own replaces the batteries
  return ctx.cookies
})
createApp({ services: { ...batteries(), clock: () => new Date() } }).get('/', async (ctx) => {
  ctx.clock.getTime()
  await ctx.db.query('select 1')
  return ctx.cookies.get('a')
})

const table = { ...batteries(), clock: () => new Date() }
createApp({ services: table }).get('/', (ctx) => ctx.clock.toISOString() + String(ctx.cookies.get('a')))

// State keeps its type.
const user = stateKey<{ name: string }>('user')
createApp().get('/', (ctx) => {
  ctx.set(user, { name: 'Ada' })
  // @ts-expect-error -- not a user
  ctx.set(user, 'Ada')
  const found = ctx.get(user)
  same<typeof found, { name: string } | undefined>(true)
  return null
})

// Middleware that asks for nothing special fits every app.
const plain: Middleware<CoreContext> = (_ctx, next) => next()
createApp().use(plain)
createCoreApp().use(plain)
const needsDatabase: Middleware<Context & { db: unknown }> = (_ctx, next) => next()
createApp().use(needsDatabase)
// @ts-expect-error -- the kernel has no database
createCoreApp().use(needsDatabase)
// @ts-expect-error -- nor hosts
createCoreApp().host('example.com')
// @ts-expect-error -- nor streams
createCoreApp().get('/', (ctx) => ctx.stream(new ReadableStream()))

// A handler that returns nothing, and a middleware that returns a value, are mistakes.
// @ts-expect-error -- nothing is no answer
createApp().get('/', () => undefined)
// @ts-expect-error -- a middleware returns a response
createApp().use(() => 'text')
