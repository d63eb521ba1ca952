import { handler as toHandler, streamHandler } from '../../../adapters/lambda/index.ts'
import { app } from './app.ts'

/** The functions that the tests run in a process of their own. */
export const handler = toHandler(app)
export const stream = streamHandler(app)
