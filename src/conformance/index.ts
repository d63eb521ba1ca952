export { assertEqual, assertRejects, assertTrue, ConformanceError } from './assert.ts'
export type { ConformanceCase, ConformanceOutcome, ConformanceSuite, SqlSubject } from './contract.ts'
export { runConformanceCase } from './run.ts'
export { sqlDriverSuite } from './sql.ts'
