// What a function costs that needs Node's Fetch API from its first event on.
globalThis.Request
export { handler } from './lambda.ts'
