// Prints how long import and first fetch of a bundled hello take, in milliseconds. The natives are loaded before, for
// they are the runtime's and not the framework's.
const request = new Request('http://localhost/')
globalThis.Response
const began = performance.now()
const { fetch } = await import(process.argv[2])
const response = await fetch(request)
const took = performance.now() - began
if ((await response.text()) !== 'hi') throw new Error('Expected hi')
console.log(took.toFixed(3))
