import { sqlDriverSuite } from '../../src/conformance/index.ts'
import { bindElsewhere, openWorkerd } from './elsewhere.ts'

bindElsewhere('D1, in workerd', sqlDriverSuite, async () => {
  const open = await openWorkerd('sql-workerd-run.ts', { d1Databases: { DB: 'conformance' } })
  return open('d1')
})
