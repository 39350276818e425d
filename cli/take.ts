/** The first items, or all; asks the source for none it does not pass on. */
export async function* take<Item>(items: AsyncIterable<Item>, count = Infinity): AsyncGenerator<Item> {
  if (count <= 0) return;
  let left = count;
  for await (const item of items) {
    yield item;
    left -= 1;
    if (left <= 0) return;
  }
}
