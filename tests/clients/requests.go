package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"sort"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

//go:embed requests
var requests string

// One request as it is sent, and how much of the answer counts.
type request struct {
	// `shape`: of a JSON body only its keys and types count; `head`: no body counts.
	counts       string
	method, path string
	headers      [][2]string
	body         string
}

func (r request) String() string {
	text := r.method + " " + r.path
	for _, header := range r.headers {
		text += " [" + header[0] + ": " + header[1] + "]"
	}
	if r.body != "" {
		text += " " + cut(r.body, 100)
	}
	return text
}

// Blocks of lines: `[shape|head] METHOD PATH`, `Name: value` headers, `= body`.
func parseRequests(text string) []request {
	var all []request
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "= "):
			all[len(all)-1].body += strings.TrimPrefix(line, "= ")
		case strings.Contains(line, ": "):
			name, value, _ := strings.Cut(line, ": ")
			all[len(all)-1].headers = append(all[len(all)-1].headers, [2]string{name, value})
		default:
			words := strings.SplitN(line, " ", 3)
			if words[0] != "shape" && words[0] != "head" {
				words = []string{"", words[0], strings.Join(words[1:], " ")}
			}
			all = append(all, request{counts: words[0], method: words[1], path: words[2]})
		}
	}
	return all
}

// What the cluster answers, as lines of which none depends on the day.
func (c *cluster) ask(ctx context.Context, client *http.Client, one request, pod string) (string, error) {
	path := strings.ReplaceAll(one.path, "$POD", pod)
	body := one.body
	if body == "LARGE" {
		body = `{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"large"},"data":{"a":"` + strings.Repeat("x", 4<<20) + `"}}`
	}
	asked, err := http.NewRequestWithContext(ctx, one.method, c.config.Host+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return "", err
	}
	if body == "" {
		asked.Body = nil
	}
	for _, header := range one.headers {
		asked.Header.Set(header[0], header[1])
	}
	answer, err := client.Do(asked)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	lines := fmt.Sprintf("%d %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	for _, name := range []string{"Allow", "Accept-Patch", "Warning", "Location", "Retry-After", "Www-Authenticate"} {
		for _, value := range answer.Header.Values(name) {
			lines += "\n" + name + ": " + value
		}
	}
	if body := told(one, text); body != "" {
		lines += "\n" + body
	}
	return blot(lines, pod), nil
}

// The part of a body that counts.
func told(one request, text []byte) string {
	if one.counts == "head" || one.method == http.MethodHead {
		return ""
	}
	var out []string
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, 64<<20)
	for scanner.Scan() {
		var value any
		if json.Unmarshal(scanner.Bytes(), &value) != nil {
			if json.Unmarshal(text, &value) == nil {
				return tellValue(one, value)
			}
			out = append(out, scanner.Text())
			continue
		}
		out = append(out, tellValue(one, value))
	}
	return strings.Join(out, "\n")
}

func tellValue(one request, value any) string {
	object, is := value.(map[string]any)
	if one.counts == "shape" && !(is && object["kind"] == "Status") {
		lines := map[string]bool{}
		outline("", value, lines)
		var sorted []string
		for line := range lines {
			sorted = append(sorted, line)
		}
		sort.Strings(sorted)
		return strings.Join(sorted, "\n")
	}
	clean(value)
	text, _ := json.Marshal(value)
	return string(text)
}

// The paths and types of a value's leaves.
func outline(at string, value any, lines map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if key != "managedFields" && key != "annotations" && key != "labels" {
				outline(at+"."+key, inner, lines)
			}
		}
	case []any:
		for _, inner := range value {
			outline(at+"[]", inner, lines)
		}
	default:
		lines[fmt.Sprintf("%s %T", at, value)] = true
	}
}

// Takes out what differs by nature.
func clean(value any) {
	switch value := value.(type) {
	case map[string]any:
		delete(value, "managedFields")
		for key, inner := range value {
			if _, is := inner.(string); is && (key == "resourceVersion" || key == "uid" || key == "token" || key == "continue") {
				value[key] = "…"
			}
			clean(inner)
		}
	case []any:
		for _, inner := range value {
			clean(inner)
		}
	}
}

var blots = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UID"},
	{regexp.MustCompile(`(127\.0\.0\.1|localhost):\d+`), "HOST"},
	{regexp.MustCompile(`\b10\.\d+\.\d+\.\d+`), "ADDRESS"},
	{regexp.MustCompile(`current: \d+`), "current: N"},
	{regexp.MustCompile(`match the ResourceVersion in record \(\d+\)`), "match the ResourceVersion in record (N)"},
	{regexp.MustCompile(`resourceVersion: "\d+"`), `resourceVersion: "N"`},
	{regexp.MustCompile(`manager: \S+`), "manager: NAME"},
	{regexp.MustCompile(`too old resource version: (\d+) \(\d+\)`), "too old resource version: $1 (N)"},
	{regexp.MustCompile(`[a-z]+-[0-9a-f]{8,10}-[a-z0-9]{5}`), "POD"},
}

func blot(text, pod string) string {
	text = strings.ReplaceAll(text, pod, "POD")
	for _, one := range blots {
		text = one.from.ReplaceAllString(text, one.to)
	}
	return text
}

// Sends all requests in their order.
func (c *cluster) askAll(ctx context.Context, each func(request, string) error) error {
	client, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return err
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	pod, err := c.pod(ctx)
	if err != nil {
		return err
	}
	for _, one := range parseRequests(requests) {
		limited, cancel := context.WithTimeout(ctx, 5*time.Second)
		answer, err := c.ask(limited, client, one, pod.Name)
		cancel()
		if err != nil {
			answer = "no answer in time"
		}
		if err := each(one, answer); err != nil {
			return err
		}
	}
	return nil
}

const between = "\n\n"

func recordAnswers(ctx context.Context, c *cluster, file string) error {
	var all []string
	err := c.askAll(ctx, func(one request, answer string) error {
		all = append(all, "> "+one.String()+"\n"+answer)
		return nil
	})
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(strings.Join(all, between)+"\n"), 0o644)
}

func compareAnswers(ctx context.Context, c *cluster, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	recorded := map[string][]string{}
	for _, block := range strings.Split(strings.TrimSuffix(string(text), "\n"), between) {
		asked, answer, _ := strings.Cut(block, "\n")
		recorded[asked] = append(recorded[asked], answer)
	}
	differ := 0
	err = c.askAll(ctx, func(one request, answer string) error {
		asked := "> " + one.String()
		known := recorded[asked]
		if len(known) == 0 {
			return fmt.Errorf("no answer is recorded to %s", one)
		}
		recorded[asked] = known[1:]
		if known[0] != answer {
			differ++
			fmt.Printf("FAIL %s\n%s", one, difference(known[0], answer))
		}
		return nil
	})
	if err == nil && differ > 0 {
		err = fmt.Errorf("%d answers differ", differ)
	}
	return err
}

// The lines that only one of two texts has.
func difference(expected, got string) string {
	var out strings.Builder
	have := func(text string) map[string]bool {
		all := map[string]bool{}
		for _, line := range strings.Split(text, "\n") {
			all[line] = true
		}
		return all
	}
	in, there := have(expected), have(got)
	for _, line := range strings.Split(expected, "\n") {
		if !there[line] {
			fmt.Fprintf(&out, "  expected %s\n", cut(line, 600))
		}
	}
	for _, line := range strings.Split(got, "\n") {
		if !in[line] {
			fmt.Fprintf(&out, "  got      %s\n", cut(line, 600))
		}
	}
	return out.String()
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
