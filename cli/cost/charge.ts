import type { PriceList, PriceName } from './prices.ts';

/** A number of something that is paid for, exact: `count / divisor`. */
export interface Quantity {
  readonly count: number;
  readonly divisor?: number;
  /** Its unit for one and for many. */
  readonly unit: readonly [one: string, many: string];
}

/** What is charged for one thing: all quantities and the price, multiplied. */
export interface Charge {
  readonly group: string;
  readonly quantities: readonly Quantity[];
  readonly price: PriceName;
}

/** A line of the table. */
export interface CostItem {
  readonly group: string;
  readonly arithmetic: string;
  readonly microUsd: number;
  /** Prices it is made of. */
  readonly prices: readonly PriceName[];
}

const picoPerUsd = 12;
const picoPerMicro = 1_000_000n;

/** Integer micro-USD, rounded up once, after everything was multiplied. */
function microUsdOf({ quantities, price }: Charge, list: PriceList): number {
  const top = quantities.reduce((product, { count }) => product * BigInt(count), picoUsd(list.prices[price].usd));
  const bottom = quantities.reduce((product, { divisor = 1 }) => product * BigInt(divisor), picoPerMicro);
  return Number((top + bottom - 1n) / bottom);
}

/** One item per group in the order of their first charge. Charges for the same thing are added up before they are priced. */
export function itemsOf(charges: readonly Charge[], list: PriceList): CostItem[] {
  const groups = Map.groupBy(charges, ({ group }) => group);
  return [...groups].map(([group, ofGroup]) => {
    const merged = mergeEqual(ofGroup);
    return {
      group,
      arithmetic: merged.map((charge) => formatCharge(charge, list)).join(' + '),
      microUsd: merged.reduce((sum, charge) => sum + microUsdOf(charge, list), 0),
      prices: [...new Set(merged.map(({ price }) => price))],
    };
  });
}

export function sumOf(items: readonly { readonly microUsd: number }[]): number {
  return items.reduce((sum, { microUsd }) => sum + microUsd, 0);
}

/** Cents, halves up; every figure is rounded by itself, never a sum of rounded ones. */
export function formatCents(microUsd: number): string {
  const cents = String(Math.floor((microUsd + 5000) / 10_000)).padStart(3, '0');
  return `${cents.slice(0, -2).replaceAll(/\B(?=(\d{3})+$)/g, ',')}.${cents.slice(-2)}`;
}

function picoUsd(text: string): bigint {
  const [dollars = '0', decimals = ''] = text.split('.');
  return BigInt(dollars + decimals.padEnd(picoPerUsd, '0'));
}

/** Charges of one quantity each, of the same unit at the same price, are one charge for all of them. */
function mergeEqual(charges: readonly Charge[]): Charge[] {
  const merged = new Map<string, Charge>();
  for (const charge of charges) {
    const [quantity, ...others] = charge.quantities;
    const isPlain = quantity !== undefined && others.length === 0 && quantity.divisor === undefined;
    const name = isPlain ? `${charge.price} ${quantity.unit[0]}` : `${charge.price} ${merged.size}`;
    const before = merged.get(name)?.quantities[0];
    const count = (before?.count ?? 0) + (quantity?.count ?? 0);
    merged.set(name, isPlain ? { ...charge, quantities: [{ ...quantity, count }] } : charge);
  }
  return [...merged.values()];
}

function formatCharge({ quantities, price }: Charge, list: PriceList): string {
  return [...quantities.map(formatQuantity), list.prices[price].usd].join(' x ');
}

function formatQuantity({ count, divisor = 1, unit: [one, many] }: Quantity): string {
  const value = count / divisor;
  const number = value < 0.001 ? `${grouped(count)}/${grouped(divisor)}` : grouped(value);
  return `${number} ${value === 1 ? one : many}`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 });
}
