import type { ConformanceSuite, SqlSubject } from './contract.ts'
import { sqlIsolationCases } from './sql-isolation.ts'
import { sqlStatementCases } from './sql-statements.ts'
import { sqlTransactionCases } from './sql-transactions.ts'
import { sqlValueCases } from './sql-values.ts'
import { sqlWaitCases } from './sql-waits.ts'

/** What every `SqlDriver` does, in every dialect. */
export const sqlDriverSuite: ConformanceSuite<SqlSubject> = {
  name: 'SqlDriver',
  cases: [
    ...sqlStatementCases,
    ...sqlValueCases,
    ...sqlTransactionCases,
    ...sqlIsolationCases,
    ...sqlWaitCases,
  ],
}
