import * as v from 'valibot'

const title = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'A title is needed'),
  v.maxLength(200, 'A title has at most 200 characters'),
)
const body = v.pipe(v.string(), v.maxLength(20_000, 'A note has at most 20,000 characters'))

/** A new note, of the API or of a form. */
export const NewNote = v.object({ title, body: v.optional(body, '') })

/** A change of a note: what is not there stays as it is. */
export const NoteChange = v.object({
  title: v.optional(title),
  body: v.optional(body),
  done: v.optional(v.boolean()),
})
