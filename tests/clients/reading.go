package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/gnostic-models/openapiv2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	sjson "sigs.k8s.io/json"
)

// Discovery, documents and tables, as k9s and kubectl read them.
var reading = []check{
	{"the version can be compared", versions},
	{"discovery, aggregated and old, tells the same", discoveries},
	{"documents of all group versions", documents},
	{"tables of all resources, with what k9s asks for", tables},
	{"a watch of a table", tableWatch},
	{"lists of all resources by their own path", lists},
	{"an object that is absent, and a resource that is", absences},
}

func versions(_ context.Context, c *cluster) error {
	info, err := c.discovery.ServerVersion()
	if err != nil {
		return err
	}
	parsed, err := version.ParseSemantic(info.GitVersion)
	if err == nil && (parsed.Major() != 1 || fmt.Sprint(parsed.Minor()) != info.Minor) {
		err = fmt.Errorf("%+v", info)
	}
	return err
}

func discoveries(_ context.Context, c *cluster) error {
	_, now, err := c.discovery.ServerGroupsAndResources()
	if err != nil {
		return err
	}
	old := discovery.NewDiscoveryClientForConfigOrDie(c.config)
	old.UseLegacyDiscovery = true
	_, before, err := old.ServerGroupsAndResources()
	if err != nil {
		return err
	}
	names := func(lists []*metav1.APIResourceList) map[string]metav1.APIResource {
		all := map[string]metav1.APIResource{}
		for _, list := range lists {
			for _, one := range list.APIResources {
				all[list.GroupVersion+" "+one.Name] = one
			}
		}
		return all
	}
	new, legacy := names(now), names(before)
	for name, one := range legacy {
		other, found := new[name]
		if !found || one.Kind != other.Kind || one.Namespaced != other.Namespaced || !strings.Contains(name, "/") && one.SingularName != other.SingularName ||
			strings.Join(one.ShortNames, " ") != strings.Join(other.ShortNames, " ") || len(one.Verbs) != len(other.Verbs) {
			return fmt.Errorf("%s: %+v and %+v", name, one, other)
		}
	}
	if len(new) != len(legacy) {
		return fmt.Errorf("%d resources in the new form, %d in the old one", len(new), len(legacy))
	}
	for _, wanted := range []string{"v1 pods/exec", "v1 pods/ephemeralcontainers", "apps/v1 deployments/scale", "v1 nodes/proxy", "v1 serviceaccounts/token", "policy/v1 poddisruptionbudgets"} {
		if _, found := new[wanted]; !found {
			return fmt.Errorf("no %s", wanted)
		}
	}
	return nil
}

func documents(_ context.Context, c *cluster) error {
	var second *openapi_v2.Document
	second, err := c.discovery.OpenAPISchema()
	if err != nil {
		return err
	}
	if len(second.GetDefinitions().GetAdditionalProperties()) < 100 {
		return fmt.Errorf("the second edition is nearly empty")
	}
	paths, err := c.discovery.OpenAPIV3().Paths()
	if err != nil {
		return err
	}
	for path, document := range paths {
		// Other paths are not those of group versions.
		if !strings.HasPrefix(path, "api/") && strings.Count(path, "/") != 2 {
			continue
		}
		text, err := document.Schema("application/json")
		if err != nil || !json.Valid(text) {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	for _, wanted := range []string{"api/v1", "apis/apps/v1", "apis/clients.example.com/v1"} {
		if paths[wanted] == nil {
			return fmt.Errorf("no document of %s", wanted)
		}
	}
	return nil
}

// The path of all objects of a resource.
func pathOf(of schema.GroupVersionResource) string {
	if of.Group == "" {
		return "/api/" + of.Version + "/" + of.Resource
	}
	return "/apis/" + of.Group + "/" + of.Version + "/" + of.Resource
}

func (c *cluster) get(ctx context.Context, path, accept string, parameters map[string]string) ([]byte, error) {
	request := c.typed.CoreV1().RESTClient().Get().AbsPath(path).SetHeader("Accept", accept)
	for name, value := range parameters {
		request.Param(name, value)
	}
	return request.DoRaw(ctx)
}

const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

func decodeStrict(text []byte, into any) error {
	strict, err := sjson.UnmarshalStrict(text, into)
	if err == nil && len(strict) > 0 {
		err = strict[0]
	}
	return err
}

func tables(ctx context.Context, c *cluster) error {
	lists, err := c.discovery.ServerPreferredResources()
	if err != nil {
		return err
	}
	lists = discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list"}}, lists)
	found, err := discovery.GroupVersionResources(lists)
	if err != nil {
		return err
	}
	for of := range found {
		for _, include := range []string{"", "None", "Metadata", "Object"} {
			text, err := c.get(ctx, pathOf(of), asTable, map[string]string{"includeObject": include, "limit": "3"})
			if err != nil {
				return fmt.Errorf("%v: %w", of, err)
			}
			var table metav1.Table
			if err := decodeStrict(text, &table); err != nil {
				return fmt.Errorf("%v: %w", of, err)
			}
			// The real server's has more cells than columns.
			if of.Resource == "ipaddresses" {
				continue
			}
			if err := judgeTable(&table, include); err != nil {
				return fmt.Errorf("%v, include %q: %w", of, include, err)
			}
		}
	}
	return nil
}

func judgeTable(table *metav1.Table, include string) error {
	if table.Kind != "Table" || len(table.ColumnDefinitions) == 0 || table.ColumnDefinitions[0].Type == "" {
		return fmt.Errorf("%s with the columns %v", table.Kind, table.ColumnDefinitions)
	}
	for _, row := range table.Rows {
		if len(row.Cells) != len(table.ColumnDefinitions) {
			return fmt.Errorf("%d cells in %d columns", len(row.Cells), len(table.ColumnDefinitions))
		}
		if include == "None" {
			if len(row.Object.Raw) != 0 {
				return fmt.Errorf("an object that nobody asked for")
			}
			continue
		}
		var object metav1.PartialObjectMetadata
		if err := json.Unmarshal(row.Object.Raw, &object); err != nil {
			return err
		}
		if is := object.Kind == "PartialObjectMetadata"; object.Name == "" || is != (include != "Object") {
			return fmt.Errorf("its object is %s %q", object.Kind, object.Name)
		}
	}
	return nil
}

func tableWatch(ctx context.Context, c *cluster) error {
	client, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return err
	}
	path := "/api/v1/namespaces/" + space + "/configmaps?watch=true&resourceVersion=0&timeoutSeconds=1&labelSelector=app%3Dweb"
	request, err := http.NewRequestWithContext(ctx, "GET", c.config.Host+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var event struct {
		Type   string
		Object metav1.Table
	}
	if err := json.NewDecoder(answer.Body).Decode(&event); err != nil {
		return err
	}
	if event.Type != "ADDED" {
		return fmt.Errorf("the first event is %s", event.Type)
	}
	return judgeTable(&event.Object, "")
}

func lists(ctx context.Context, c *cluster) error {
	all, err := c.watchable()
	if err != nil {
		return err
	}
	for _, of := range all {
		list, err := c.dynamic.Resource(of).List(ctx, metav1.ListOptions{Limit: 5})
		if err != nil {
			return fmt.Errorf("%v: %w", of, err)
		}
		if !strings.HasSuffix(list.GetKind(), "List") || list.GetResourceVersion() == "" {
			return fmt.Errorf("%v: %s of version %q", of, list.GetKind(), list.GetResourceVersion())
		}
		for _, one := range list.Items {
			got, err := c.dynamic.Resource(of).Namespace(one.GetNamespace()).Get(ctx, one.GetName(), metav1.GetOptions{})
			if errors.IsNotFound(err) {
				continue
			}
			if err != nil || got.GetUID() != one.GetUID() {
				return fmt.Errorf("%v %s: %w", of, one.GetName(), err)
			}
			if created := got.GetCreationTimestamp(); got.GetUID() == "" || created.IsZero() {
				return fmt.Errorf("%v %s has no uid or age", of, one.GetName())
			}
		}
	}
	return nil
}

func absences(ctx context.Context, c *cluster) error {
	_, err := c.typed.CoreV1().Pods(space).Get(ctx, "nosuch", metav1.GetOptions{})
	if err := refused(err, metav1.StatusReasonNotFound, 404, `pods "nosuch" not found`); err != nil {
		return err
	}
	claims := schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodeclaims"}
	_, err = c.dynamic.Resource(claims).List(ctx, metav1.ListOptions{})
	if err := refused(err, metav1.StatusReasonNotFound, 404, "the server could not find the requested resource"); err != nil {
		return err
	}
	_, err = c.dynamic.Resource(claims).Watch(ctx, metav1.ListOptions{})
	if err := refused(err, metav1.StatusReasonNotFound, 404, "the server could not find the requested resource"); err != nil {
		return err
	}
	_, err = c.typed.CoreV1().Pods(space).List(ctx, metav1.ListOptions{FieldSelector: "spec.nosuch=1"})
	if err := refused(err, metav1.StatusReasonBadRequest, 400, "field label not supported: spec.nosuch"); err != nil {
		return err
	}
	var list corev1.PodList
	return c.typed.CoreV1().RESTClient().Get().Resource("pods").Namespace("nosuch").Do(ctx).Into(&list)
}
