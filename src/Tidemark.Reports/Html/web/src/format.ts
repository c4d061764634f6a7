const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes with a binary unit, as the rest of the page writes them. */
export function bytes(value: number): string {
  let size = Math.abs(value);
  let unit = 0;
  while (size >= 1023.5 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${value < 0 ? "-" : ""}${size.toFixed(digits)} ${units[unit]}`;
}

export function quantity(value: number, unit: string): string {
  return unit === "bytes" ? bytes(value) : Math.round(value).toLocaleString("en-US");
}

export function signed(value: number, unit: string): string {
  return (value > 0 ? "+" : "") + quantity(value, unit);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(Math.abs(share) < 0.0995 ? 1 : 0)} %`;
}
