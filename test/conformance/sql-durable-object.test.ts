import { sqlDriverSuite } from '../../src/conformance/index.ts'
import { bindElsewhere, openWorkerd } from './elsewhere.ts'

bindElsewhere('a Durable Object, in workerd', sqlDriverSuite, async () => {
  const durableObjects = { OBJECT: { className: 'SqlObject', useSQLite: true } }
  const open = await openWorkerd('sql-workerd-run.ts', { durableObjects }, ['SqlObject'])
  return open('object')
})
