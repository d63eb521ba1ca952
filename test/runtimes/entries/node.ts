import { serve } from 'rockstar-web/node'
import { createFixtureApp } from '../app.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as object
const server = await serve(createFixtureApp(), { port: 0, hostname: '127.0.0.1', ...options })
console.log(`listening ${server.url}`)
