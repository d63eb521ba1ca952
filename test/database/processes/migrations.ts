import type { Migration } from '../../../src/database/index.ts'

/** Twenty migrations that would fail, or count twice, if one ran twice. */
export const manyMigrations: readonly Migration[] = Array.from({ length: 20 }, (_, index) => {
  const number = index + 1
  const create = `create table t${number} (a integer);`
  const count = number === 1 ? 'create table counter (n integer); insert into counter values (0);' : ''
  return {
    name: `${String(number).padStart(4, '0')}-table-${number}`,
    up: `${create} ${count} update counter set n = n + 1;`,
    down: `drop table t${number}; update counter set n = n - 1`,
  }
})
