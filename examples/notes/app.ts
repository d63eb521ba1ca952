import type {
  App,
  Batteries,
  Body,
  Catalogue,
  Context,
  Middleware,
  Migration,
  ObjectStore,
} from 'rockstar-web'
import { createApp, staticFiles } from 'rockstar-web'
import * as v from 'valibot'
import { NewNote, NoteChange } from './input.ts'
import { addNote, changeNote, findNote, listNotes, removeNote } from './notes.ts'
import type { Draft } from './pages.ts'
import { aboutPage, editPage, listPage, missingPage, notePage } from './pages.ts'

/** What the application is given by whoever starts it; nothing here knows a runtime. */
export interface NotesParts {
  readonly catalogue: Catalogue
  readonly migrations: readonly Migration[]
  readonly assets: ObjectStore
}

const emptyDraft: Draft = { title: '', body: '', errors: [] }

/** Notes as pages and as a JSON API, over one database. */
export function createNotesApp({ catalogue, migrations, assets }: NotesParts): App<Batteries> {
  return createApp({ database: { catalogue, migrations } })
    .use(securityHeaders, refuseForeignForms)
    .get('/assets/*path', staticFiles(assets))
    .get('/', async (ctx) => ctx.html(listPage(await listNotes(ctx.db, 100), emptyDraft)))
    .get('/about', (ctx) => ctx.html(aboutPage(ctx.url.origin)))
    .get('/health', () => ({ status: 'ok' }))
    .post('/notes', async (ctx) => {
      const draft = await readDraft(ctx.body)
      if (draft.errors.length > 0) return ctx.html(listPage(await listNotes(ctx.db, 100), draft), 422)
      await addNote(ctx.db, draft)
      return ctx.redirect('/', { status: 303 })
    })
    .group('/notes/:id(int)', (note) => {
      note
        .get('/', async (ctx) => {
          const found = await findNote(ctx.db, numberOf(ctx))
          return found === null ? ctx.html(missingPage(), 404) : ctx.html(notePage(found))
        })
        .get('/edit', async (ctx) => {
          const found = await findNote(ctx.db, numberOf(ctx))
          return found === null
            ? ctx.html(missingPage(), 404)
            : ctx.html(editPage(found.id, { ...found, errors: [] }))
        })
        .post('/', async (ctx) => {
          const draft = await readDraft(ctx.body)
          if (draft.errors.length > 0) return ctx.html(editPage(numberOf(ctx), draft), 422)
          const changed = await changeNote(ctx.db, numberOf(ctx), draft)
          return changed === null
            ? ctx.html(missingPage(), 404)
            : ctx.redirect(`/notes/${changed.id}`, { status: 303 })
        })
        .post('/toggle', async (ctx) => {
          const id = numberOf(ctx)
          const found = await findNote(ctx.db, id)
          if (found === null) return ctx.html(missingPage(), 404)
          await changeNote(ctx.db, id, { done: !found.done })
          return ctx.redirect(`/notes/${id}`, { status: 303 })
        })
        .post('/delete', async (ctx) => {
          await removeNote(ctx.db, numberOf(ctx))
          return ctx.redirect('/', { status: 303 })
        })
    })
    .group('/api/notes', (api) => {
      api
        .get('/', async (ctx) => ({ notes: await listNotes(ctx.db, 1000) }))
        .post('/', async (ctx) => {
          const note = await addNote(ctx.db, await ctx.body.json(NewNote))
          return ctx.header('location', `/api/notes/${note?.id}`).json(note, 201)
        })
        .get(
          '/:id(int)',
          async (ctx) => (await findNote(ctx.db, numberOf(ctx))) ?? ctx.problem(404, 'There is no such note'),
        )
        .patch('/:id(int)', async (ctx) => {
          const changed = await changeNote(ctx.db, numberOf(ctx), await ctx.body.json(NoteChange))
          return changed ?? ctx.problem(404, 'There is no such note')
        })
        .delete('/:id(int)', async (ctx) =>
          (await removeNote(ctx.db, numberOf(ctx))) ? null : ctx.problem(404, 'There is no such note'),
        )
    })
}

/** Everything comes from here, and nothing may frame it. */
const securityHeaders: Middleware = function securityHeaders(ctx, next) {
  ctx
    .header('content-security-policy', "default-src 'self'; frame-ancestors 'none'; form-action 'self'")
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'same-origin')
  return next()
}

/** Browsers say where a request comes from: a form on another site may not write here. */
const refuseForeignForms: Middleware = function refuseForeignForms(ctx, next) {
  const isSafe = ctx.method === 'GET' || ctx.method === 'HEAD' || ctx.method === 'OPTIONS'
  const site = ctx.headers.get('sec-fetch-site')
  const isForeign = site === 'cross-site' || site === 'same-site'
  return !isSafe && isForeign ? ctx.problem(403, 'Requests from other sites may not write') : next()
}

/** The route's constraint has seen to it that it is a number. */
function numberOf(ctx: Pick<Context, 'params'>): number {
  return Number(ctx.params['id'])
}

async function readDraft(body: Body): Promise<Draft> {
  const fields = await body.form()
  const given = {
    title: fields.get('title') ?? '',
    body: (fields.get('body') ?? '').replaceAll('\r\n', '\n'),
  }
  const parsed = v.safeParse(NewNote, given)
  if (parsed.success) return { ...parsed.output, errors: [] }
  return { ...given, errors: parsed.issues.map((issue) => issue.message) }
}
