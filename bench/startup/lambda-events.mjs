// Prints the median time of an event, and of app.fetch with a ready request, in microseconds. The difference is what
// the adapter does: it recognises and reads the event, makes the request, and makes the result of the response.
import { makeContext, makeEvent } from './lambda-event.mjs'

const [file, kind] = process.argv.slice(2)
const { handler, app, platform } = await import(file)
const count = 5000
const event = makeEvent(kind)
const request = {
  method: kind === 'post' ? 'POST' : 'GET',
  wireTarget: `${kind === 'native' ? '/native' : '/'}?a=1&b=two%20words`,
  headers: new Map([['accept', '*/*']]),
}
const bytes = new Uint8Array(1011)
const ready = { ...platform, readBody: () => Promise.resolve(bytes) }

async function measure(run) {
  const times = []
  for (let index = 0; index < count * 2; index++) {
    const began = performance.now()
    await run()
    // The first half warms up.
    if (index >= count) times.push(performance.now() - began)
  }
  return times.sort((left, right) => left - right)[count / 2] * 1000
}

const fetchMicros = await measure(() => app.fetch(request, ready))
const handlerMicros = await measure(() => handler(event, makeContext()))
console.log(JSON.stringify({ handlerMicros, fetchMicros }))
