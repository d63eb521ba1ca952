import { sqlDriverSuite } from '../../src/conformance/index.ts'
import { bindElsewhere, openBun } from './elsewhere.ts'

bindElsewhere('bun:sqlite in a file, in Bun', sqlDriverSuite, () => openBun('sql-bun-run.ts'))
