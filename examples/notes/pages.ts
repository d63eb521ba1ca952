import type { Markup } from 'rockstar-web/template'
import { html } from 'rockstar-web/template'
import type { Note } from './notes.ts'

/** What a form shows again when it was not accepted. */
export interface Draft {
  readonly title: string
  readonly body: string
  readonly errors: readonly string[]
}

/** The list of all notes, and a form for a new one. */
export function listPage(notes: readonly Note[], draft: Draft): Markup {
  return page(
    'Notes',
    html`<h1>Notes</h1>
      ${notes.length === 0 ? html`<p>Nothing here yet. Write the first one.</p>` : html`<ul class="notes">${notes.map(listItem)}</ul>`}
      <h2>New note</h2>
      ${noteForm('/notes', draft, 'Add note')}`,
  )
}

/** One note. */
export function notePage(note: Note): Markup {
  return page(
    note.title,
    html`<h1>${note.title}</h1>
      <p><time datetime="${note.changedAt}">Changed ${note.changedAt}</time></p>
      <pre>${note.body}</pre>
      <div class="row">
        <a href="/notes/${note.id}/edit">Edit</a>
        <form method="post" action="/notes/${note.id}/toggle"><button class="quiet">${note.done ? 'Not done' : 'Done'}</button></form>
        <form method="post" action="/notes/${note.id}/delete"><button class="quiet">Delete</button></form>
      </div>`,
  )
}

/** A form to change a note. */
export function editPage(id: number, draft: Draft): Markup {
  return page('Edit note', html`<h1>Edit note</h1>${noteForm(`/notes/${id}`, draft, 'Save')}`)
}

/** What a page shows that is not there. */
export function missingPage(): Markup {
  return page('Not found', html`<h1>Not found</h1><p>There is no such note. <a href="/">All notes</a></p>`)
}

/** What to try, and with which command. */
export function aboutPage(origin: string): Markup {
  const commands = [
    `curl ${origin}/api/notes`,
    `curl ${origin}/api/notes --json '{"title":"milk"}'`,
    `curl ${origin}/api/notes --json '{"title":""}'`,
    `curl -X PATCH ${origin}/api/notes/1 --json '{"done":true}'`,
    `curl -X DELETE ${origin}/api/notes/1 -i`,
  ]
  return page(
    'API',
    html`<h1>The same notes as JSON</h1>
      <p>Every page of this application stands on an API. Try:</p>
      ${commands.map((command) => html`<pre><code>${command}</code></pre>`)}`,
  )
}

function page(title: string, content: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" href="/assets/logo.svg">
    <link rel="stylesheet" href="/assets/style.css">
  </head>
  <body>
    <header><img src="/assets/logo.svg" alt=""><strong><a href="/">Rockstar notes</a></strong><a href="/about">API</a></header>
    <main>${content}</main>
  </body>
</html>
`
}

function listItem(note: Note): Markup {
  return html`<li class="${note.done ? 'done' : 'open'}">
    <a href="/notes/${note.id}">${note.title}</a>
    <time datetime="${note.changedAt}">${note.changedAt.slice(0, 16).replace('T', ' ')}</time>
  </li>`
}

function noteForm(action: string, draft: Draft, label: string): Markup {
  return html`<form class="note" method="post" action="${action}">
    ${draft.errors.map((error) => html`<p class="error" role="alert">${error}</p>`)}
    <input name="title" value="${draft.title}" placeholder="Title" aria-label="Title" maxlength="200" required>
    <textarea name="body" rows="5" placeholder="Text" aria-label="Text" maxlength="20000">${draft.body}</textarea>
    <button>${label}</button>
  </form>`
}
