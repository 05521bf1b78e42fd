package oracle;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Writes one line of JSON: maps keep their order, 64-bit numbers are decimal strings, the text is plain ASCII. */
final class Json {
    private final StringBuilder text = new StringBuilder();

    private Json() {}

    static String line(Object value) {
        Json json = new Json();
        json.value(value);
        return json.text.toString();
    }

    private void value(Object value) {
        if (value instanceof Map<?, ?> map) map(map);
        else if (value instanceof List<?> list) list(list);
        else if (value == null || value instanceof Boolean || value instanceof Integer) text.append(value);
        else string(value.toString());
    }

    private void map(Map<?, ?> map) {
        String separator = "{";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            text.append(separator);
            string((String) entry.getKey());
            text.append(':');
            value(entry.getValue());
            separator = ",";
        }
        text.append(map.isEmpty() ? "{}" : "}");
    }

    private void list(List<?> list) {
        text.append('[');
        for (Iterator<?> i = list.iterator(); i.hasNext(); ) {
            value(i.next());
            if (i.hasNext()) text.append(',');
        }
        text.append(']');
    }

    /** Escapes all but printable ASCII, so that lone surrogates survive the way to the reader. */
    private void string(String s) {
        text.append('"');
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\') text.append('\\').append(c);
            else if (c < 0x20 || c > 0x7e) text.append(String.format("\\u%04x", (int) c));
            else text.append(c);
        }
        text.append('"');
    }
}
