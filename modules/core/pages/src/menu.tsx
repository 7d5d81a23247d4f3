/** The menu: a drink, and what is chosen about it. */
import { useSignal } from "@preact/signals";
import type { Shop } from "./api";
import { words } from "./words";

interface MenuProps {
  menu: Shop["menu"];
  sending: boolean;
  choose: (drink: string, modifiers: string[]) => void;
  cancel: () => void;
}

export function Menu({ menu, sending, choose, cancel }: MenuProps) {
  const drink = useSignal("");
  const options = useSignal<Record<string, string>>({});
  const offered = menu.filter((each) => each.available);
  const modifiers = offered.find((each) => each.drink === drink.value)?.modifiers ?? [];
  // By their numbers: two modifiers may have one name.
  const place = (number: number) => `${drink.value} ${number}`;
  const chosen = modifiers.map((each, number) => options.value[place(number)] ?? each.options[0] ?? "");
  return (
    <form
      class="menu"
      onSubmit={(event) => {
        event.preventDefault();
        choose(drink.value, chosen);
      }}
    >
      <fieldset>
        <legend>
          <h2>{words("guest.choose")}</h2>
        </legend>
        {offered.map((each) => (
          <label key={each.drink} class="choice">
            <input
              type="radio"
              name="drink"
              value={each.drink}
              checked={drink.value === each.drink}
              onChange={() => (drink.value = each.drink)}
              required
            />
            <span>{each.drink}</span>
          </label>
        ))}
      </fieldset>
      {modifiers.map((each, number) => (
        <fieldset key={place(number)} class="options">
          <legend>{each.name}</legend>
          {each.options.map((option) => (
            <label key={option} class="choice">
              <input
                type="radio"
                name={`option ${number}`}
                value={option}
                checked={chosen[number] === option}
                onChange={() => (options.value = { ...options.value, [place(number)]: option })}
              />
              <span>{option}</span>
            </label>
          ))}
        </fieldset>
      ))}
      <div class="actions">
        <button class="main" disabled={sending || !drink.value}>
          {words("guest.order")}
        </button>
        <button type="button" disabled={sending} onClick={cancel}>
          {words("guest.cancel")}
        </button>
      </div>
    </form>
  );
}
