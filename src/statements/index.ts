// Generated from sql/ by tools/statements.ts. Change the .sql file, then run it again.

export type { StatementName, StatementShapes } from './names.ts'
export { sqliteStatements } from './sqlite.ts'
