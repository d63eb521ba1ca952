/** 200 routes of an ordinary application, so that every framework has a router of a real size to search. */
export const fillers: readonly string[] = Array.from({ length: 195 }, (_, index) => {
  const area = ['accounts', 'orders', 'products', 'reports', 'settings'][index % 5] ?? ''
  const shape = index % 3
  if (shape === 0) return `/${area}/section${index}`
  return shape === 1 ? `/${area}/section${index}/:id` : `/${area}/section${index}/:id/items/:item`
})

/** The object that the JSON cases send. */
export const payload: { readonly message: string; readonly items: readonly number[] } = {
  message: 'Hello, World!',
  items: [1, 2, 3],
}
