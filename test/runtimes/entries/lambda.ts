import { handler as createHandler, streamHandler } from 'rockstar-web/lambda'
import { createFixtureApp } from '../app.ts'

const app = createFixtureApp()
export const handler = createHandler(app)
export const stream = streamHandler(app)
