import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';

type Comparison = '=' | '<' | '<=' | '>=';

interface Step {
  readonly section: 'SET' | 'ADD' | 'REMOVE' | 'condition';
  /** The step's text, given the placeholders of its attribute and its value. */
  readonly text: (name: string, value: string) => string;
  readonly takesValue: boolean;
}

const steps = {
  add: { section: 'ADD', text: (name, value) => `${name} ${value}`, takesValue: true },
  set: { section: 'SET', text: (name, value) => `${name} = ${value}`, takesValue: true },
  setIfAbsent: {
    section: 'SET',
    text: (name, value) => `${name} = if_not_exists(${name}, ${value})`,
    takesValue: true,
  },
  remove: { section: 'REMOVE', text: (name) => name, takesValue: false },
  absent: { section: 'condition', text: (name) => `attribute_not_exists(${name})`, takesValue: false },
  '=': { section: 'condition', text: (name, value) => `${name} = ${value}`, takesValue: true },
  '<': { section: 'condition', text: (name, value) => `${name} < ${value}`, takesValue: true },
  '<=': { section: 'condition', text: (name, value) => `${name} <= ${value}`, takesValue: true },
  '>=': { section: 'condition', text: (name, value) => `${name} >= ${value}`, takesValue: true },
} as const satisfies Record<'add' | 'set' | 'setIfAbsent' | 'remove' | 'absent' | Comparison, Step>;

/**
 * Collects one conditional UpdateItem. Every attribute goes through a `#name` placeholder and every value through `:0`, `:1` …,
 * so that reserved words and value injection are no concern anywhere else.
 *
 * A request makes four of these, nearly always of the same few shapes: the texts of a shape are put together once.
 */
export class UpdateExpression {
  readonly #shape: string[] = [];
  readonly #values: AttributeValue[] = [];

  add(attribute: string, amount: number): this {
    return this.#step('add', attribute, amount);
  }

  set(attribute: string, value: number | string): this {
    return this.#step('set', attribute, value);
  }

  setIfAbsent(attribute: string, value: number | string): this {
    return this.#step('setIfAbsent', attribute, value);
  }

  remove(attribute: string): this {
    this.#shape.push('remove', attribute);
    return this;
  }

  /** Makes the whole update conditional. All conditions must hold. */
  require(attribute: string, comparison: Comparison, value: number | string): this {
    return this.#step(comparison, attribute, value);
  }

  /** The same for an attribute that must not be there. */
  requireAbsent(attribute: string): this {
    this.#shape.push('absent', attribute);
    return this;
  }

  build(table: string, partitionKey: string): UpdateItemCommandInput {
    const { placeholders, ...texts } = textsOf(this.#shape);
    const input: UpdateItemCommandInput = { TableName: table, Key: { pk: { S: partitionKey } }, ...texts };
    if (placeholders.length === 0) return input;
    const values: Record<string, AttributeValue> = {};
    for (const [index, placeholder] of placeholders.entries())
      values[placeholder] = this.#values[index] ?? { NULL: true };
    input.ExpressionAttributeValues = values;
    return input;
  }

  #step(step: keyof typeof steps, attribute: string, value: number | string): this {
    this.#shape.push(step, attribute);
    this.#values.push(typeof value === 'number' ? { N: String(value) } : { S: value });
    return this;
  }
}

interface Texts {
  readonly UpdateExpression: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly placeholders: readonly string[];
}

/** Hold buckets have their time in their name, so new shapes come up all day. */
const maxShapes = 500;
const knownShapes = new Map<string, Texts>();

function textsOf(shape: readonly string[]): Texts {
  const key = shape.join(' ');
  const known = knownShapes.get(key);
  if (known !== undefined) return known;
  if (knownShapes.size >= maxShapes) knownShapes.clear();
  const texts = compose(shape);
  knownShapes.set(key, texts);
  return texts;
}

function compose(shape: readonly string[]): Texts {
  const sections: Record<Step['section'], string[]> = { SET: [], ADD: [], REMOVE: [], condition: [] };
  const names: Record<string, string> = {};
  const placeholders: string[] = [];
  for (let at = 0; at < shape.length; at += 2) {
    const step: Step = steps[shape[at] as keyof typeof steps];
    const attribute = shape[at + 1] ?? '';
    names[`#${attribute}`] = attribute;
    const placeholder = `:${placeholders.length}`;
    if (step.takesValue) placeholders.push(placeholder);
    sections[step.section].push(step.text(`#${attribute}`, placeholder));
  }
  const { condition, ...updates } = sections;
  return {
    UpdateExpression: Object.entries(updates)
      .filter(([, parts]) => parts.length > 0)
      .map(([verb, parts]) => `${verb} ${parts.join(', ')}`)
      .join(' '),
    ...(condition.length > 0 && { ConditionExpression: condition.join(' AND ') }),
    ExpressionAttributeNames: names,
    placeholders,
  };
}
