const OPEN_FOR = 3000;
const open = new Map();

/** Takes an order and closes it after a while. */
export function place(order) {
  open.set(order.number, order);
  setTimeout(() => open.delete(order.number), OPEN_FOR);
  return open.size;
}
