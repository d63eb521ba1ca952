import { sqlDriverSuite } from '../../src/conformance/index.ts'
import { bindElsewhere, openProgram } from './elsewhere.ts'

bindElsewhere('bun:sqlite in a file, in Bun', sqlDriverSuite, () => openProgram('bun', 'sql-bun-run.ts'))
