import { sqlDriverSuite } from '../../src/conformance/index.ts'
import { bindSqlSuite } from './bind.ts'
import { openNodeSqlite } from './node-sqlite-driver.ts'

bindSqlSuite('node:sqlite in memory', sqlDriverSuite, async () => {
  const driver = openNodeSqlite()
  return { driver, close: () => driver.close() }
})
