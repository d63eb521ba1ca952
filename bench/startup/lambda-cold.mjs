// Prints how long import and first event of a bundled function take, in milliseconds.
import { makeContext, makeEvent } from './lambda-event.mjs'

const event = makeEvent('url')
const began = performance.now()
const { handler } = await import(process.argv[2])
const imported = performance.now()
const { body } = await handler(event, makeContext())
const answered = performance.now()
if (body !== 'hi') throw new Error('Expected hi')
console.log(JSON.stringify({ importMs: imported - began, firstMs: answered - imported }))
