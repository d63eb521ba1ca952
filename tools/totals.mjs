// Prints the totals of the last test run in one line, and fails when no test ran.
import { readFileSync } from 'node:fs'

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
  readFileSync('.scratch/test-results.json', 'utf8'),
)
const skipped = numPendingTests + numTodoTests
console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
if (numPassedTests + numFailedTests === 0) process.exit(1)
