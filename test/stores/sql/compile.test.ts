import { describe, expect, it } from 'vitest'
import type { SqlDialect } from '../../../src/stores/contract.ts'
import { compileStatement, createCompiler } from '../../../src/stores/sql/compile.ts'

describe('compileStatement', () => {
  it.each<[dialect: SqlDialect, text: string, order: string[]]>([
    ['sqlite', 'select ?1, ?2, ?1', ['a', 'b']],
    ['postgres', 'select $1, $2, $1', ['a', 'b']],
    ['mysql', 'select ?, ?, ?', ['a', 'b', 'a']],
    ['mssql', 'select @a, @b, @a', ['a', 'b']],
  ])('writes the placeholders of %s', (dialect, text, order) => {
    expect(compileStatement('select :a, :b, :a', dialect)).toMatchObject({ text, order, names: ['a', 'b'] })
  })

  it.each([
    'select 1',
    'SELECT * from t',
    '-- c\n values (1)',
    'with a as (select 1) select * from a',
    'explain query plan select 1',
    "select replace(a, 'update', 'delete') from t",
    'select "insert" from t',
  ])('knows that %j reads', (sql) => {
    expect(compileStatement(sql, 'sqlite').reads).toBe(true)
  })

  it.each([
    'insert into t values (1)',
    'update t set a = 1',
    'pragma user_version = 1',
    'with a as (select 1) insert into t select * from a',
    'with a as (delete from t returning *) select * from a',
    'select a into b from t',
    'select a from t for update',
    'select a from t for share',
    'explain analyze delete from t',
    'replace into t values (1)',
    'vacuum',
  ])('does not take %j for a read', (sql) => {
    expect(compileStatement(sql, 'postgres').reads).toBe(false)
  })

  it.each([
    ['insert into t values (1)', true],
    ['replace into t values (1)', true],
    ['insert into t values (1) on conflict do nothing', false],
    ['insert into t values (1) on duplicate key update a = 1', false],
    ['update t set a = 1', false],
    ['create table t (a)', false],
  ])('knows whether %j has a row number', (sql, inserts) => {
    expect(compileStatement(sql, 'sqlite').inserts).toBe(inserts)
  })

  it.each(['', ' ', '-- only a comment', ';', 'select 1; select 2', 'select 1;;drop table t'])(
    'refuses %j, which is not one statement',
    (sql) => {
      expect(() => compileStatement(sql, 'sqlite')).toThrow(expect.objectContaining({ code: 'SQL_SYNTAX' }))
    },
  )

  it.each(['select 1;', 'select 1 ; -- done', "select ';'"])('takes %j for one statement', (sql) => {
    expect(compileStatement(sql, 'sqlite').text).toBe(sql)
  })

  it.each<[SqlDialect, string]>([
    ['sqlite', 'select ?'],
    ['sqlite', 'select @a'],
    ['postgres', 'select $1'],
    ['mysql', 'select ?'],
  ])('refuses the own placeholders of %s: %s', (dialect, sql) => {
    expect(() => compileStatement(sql, dialect)).toThrow(expect.objectContaining({ code: 'SQL_PARAMETER' }))
  })

  it.each([
    'begin',
    'BEGIN IMMEDIATE',
    'commit',
    'end',
    'rollback',
    'savepoint a',
    'release a',
    'start transaction',
  ])('refuses %j, which belongs to transaction()', (sql) => {
    const thrown = expect.objectContaining({ code: 'SQL_TRANSACTION_STATE' })
    expect(() => compileStatement(sql, 'sqlite')).toThrow(thrown)
  })
})

describe('createCompiler', () => {
  it('remembers a statement', () => {
    const compile = createCompiler('sqlite')
    expect(compile('select :a')).toBe(compile('select :a'))
  })

  it('forgets the oldest of more than a thousand', () => {
    const compile = createCompiler('sqlite')
    const first = compile('select 0')
    for (let index = 1; index <= 1_000; index += 1) compile(`select ${index}`)
    expect(compile('select 0')).not.toBe(first)
  })

  it('does not remember a long one', () => {
    const compile = createCompiler('sqlite')
    const sql = `select '${'x'.repeat(5_000)}'`
    expect(compile(sql)).not.toBe(compile(sql))
  })
})
