package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	toolswatch "k8s.io/client-go/tools/watch"
)

// Informers of everything that can be watched, and what they do with a change.
var informing = []check{
	{"informers of all resources, typed, in protobuf, dynamic and of metadata, hold what lists hold", everyInformer},
	{"informers tell additions, changes and removals", told3},
	{"a reflector that lists and watches", listAndWatch},
	{"a reflector that streams its list", streamedList},
	{"a list in pages is the whole list", pages},
	{"a watch of one object by its name", oneObject},
	{"a watch from a list's version misses nothing", fromVersion},
	{"an old watch ends in 410 and a retrying one goes on", compacted},
	{"until with sync", until},
	{"watches in every form bear bookmarks", bookmarks},
}

// What can be listed and watched.
func (c *cluster) watchable() ([]schema.GroupVersionResource, error) {
	lists, err := c.discovery.ServerPreferredResources()
	if err != nil {
		return nil, err
	}
	lists = discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list", "watch"}}, lists)
	found, err := discovery.GroupVersionResources(lists)
	var all []schema.GroupVersionResource
	for one := range found {
		all = append(all, one)
	}
	return all, err
}

type kindOf struct {
	name     string
	informer func(schema.GroupVersionResource) cache.SharedIndexInformer
}

func everyInformer(ctx context.Context, c *cluster) error {
	all, err := c.watchable()
	if err != nil {
		return err
	}
	if len(all) < 40 {
		return fmt.Errorf("only %d resources can be watched", len(all))
	}
	dynamic := dynamicinformer.NewDynamicSharedInformerFactory(c.dynamic, 0)
	partial := metadatainformer.NewSharedInformerFactory(c.metadata, 0)
	typed := func(client kubernetes.Interface) func(schema.GroupVersionResource) cache.SharedIndexInformer {
		factory := informers.NewSharedInformerFactory(client, 0)
		return func(of schema.GroupVersionResource) cache.SharedIndexInformer {
			one, err := factory.ForResource(of)
			if err != nil {
				return nil
			}
			return one.Informer()
		}
	}
	kinds := []kindOf{
		{"typed", typed(c.typed)}, {"protobuf", typed(c.proto)},
		{"dynamic", func(of schema.GroupVersionResource) cache.SharedIndexInformer {
			return dynamic.ForResource(of).Informer()
		}},
		{"metadata", func(of schema.GroupVersionResource) cache.SharedIndexInformer {
			return partial.ForResource(of).Informer()
		}},
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var complaints complaints
	for _, of := range all {
		for _, kind := range kinds {
			informer := kind.informer(of)
			if informer == nil {
				continue
			}
			name := kind.name + " " + of.String()
			informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) { complaints.add(name, err) })
			go informer.RunWithContext(ctx)
		}
	}
	for _, of := range all {
		if err := sameStores(ctx, c, of, kinds); err != nil {
			complaints.add(of.String(), err)
		}
	}
	return complaints.first()
}

// Every informer of a resource holds the objects that a list has, and protobuf says the same as JSON.
func sameStores(ctx context.Context, c *cluster, of schema.GroupVersionResource, kinds []kindOf) error {
	stores := map[string]cache.Store{}
	for _, kind := range kinds {
		if informer := kind.informer(of); informer != nil {
			if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
				return fmt.Errorf("%s does not sync", kind.name)
			}
			stores[kind.name] = informer.GetStore()
		}
	}
	if of.Resource != "events" && of.Resource != "leases" {
		err := eventually(ctx, "as many as listed", func() (bool, error) {
			list, err := c.dynamic.Resource(of).List(ctx, metav1.ListOptions{})
			if err != nil {
				return false, err
			}
			for _, store := range stores {
				if len(store.ListKeys()) != len(list.Items) {
					return false, nil
				}
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	if stores["typed"] == nil {
		return nil
	}
	for _, key := range stores["typed"].ListKeys() {
		one, _, _ := stores["typed"].GetByKey(key)
		other, found, _ := stores["protobuf"].GetByKey(key)
		if !found || one.(metav1.Object).GetResourceVersion() != other.(metav1.Object).GetResourceVersion() {
			continue
		}
		if !equality.Semantic.DeepEqual(one, other) {
			return fmt.Errorf("%s is another in protobuf", key)
		}
	}
	return nil
}

// What went wrong in several places at once.
type complaints struct {
	sync.Mutex
	all []error
}

func (c *complaints) add(of string, err error) {
	c.Lock()
	defer c.Unlock()
	// What ends with the check is no complaint.
	if !strings.Contains(err.Error(), "context canceled") {
		c.all = append(c.all, fmt.Errorf("%s: %w", of, err))
	}
}

func (c *complaints) first() error {
	c.Lock()
	defer c.Unlock()
	if len(c.all) == 0 {
		return nil
	}
	return fmt.Errorf("%d complaints, the first: %w", len(c.all), c.all[0])
}

func (c *cluster) configMap(ctx context.Context, name, mode string) error {
	all := c.typed.CoreV1().ConfigMaps(space)
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"probe": "yes"}}, Data: map[string]string{"mode": mode}}
	_, err := all.Create(ctx, object, metav1.CreateOptions{})
	if errors.IsAlreadyExists(err) {
		_, err = all.Update(ctx, object, metav1.UpdateOptions{})
	}
	return err
}

func (c *cluster) removeConfigMap(ctx context.Context, name string) error {
	return c.typed.CoreV1().ConfigMaps(space).Delete(ctx, name, metav1.DeleteOptions{})
}

func told3(ctx context.Context, c *cluster) error {
	for _, client := range []kubernetes.Interface{c.typed, c.proto} {
		said := make(chan string, 20)
		factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(space),
			informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "probe=yes" }))
		informer := factory.Core().V1().ConfigMaps().Informer()
		mode := func(object any) string { return object.(*corev1.ConfigMap).Data["mode"] }
		informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(object any) { said <- "add " + mode(object) },
			UpdateFunc: func(before, object any) { said <- "update " + mode(before) + " " + mode(object) },
			DeleteFunc: func(object any) { said <- "delete " + mode(object) },
		})
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		factory.Start(ctx.Done())
		factory.WaitForCacheSync(ctx.Done())
		if err := c.configMap(ctx, "told", "a"); err != nil {
			return err
		}
		if err := c.configMap(ctx, "told", "b"); err != nil {
			return err
		}
		if err := c.removeConfigMap(ctx, "told"); err != nil {
			return err
		}
		for _, expected := range []string{"add a", "update a b", "delete b"} {
			select {
			case got := <-said:
				if got != expected {
					return fmt.Errorf("expected %q, got %q", expected, got)
				}
			case <-ctx.Done():
				return fmt.Errorf("%q was not told", expected)
			}
		}
	}
	return nil
}

// A reflector's store after it has synced, by one way or the other.
func reflected(ctx context.Context, lw cache.ListerWatcher) ([]string, error) {
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	reflector := cache.NewReflectorWithOptions(lw, &corev1.ConfigMap{}, store, cache.ReflectorOptions{})
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	go reflector.RunWithContext(ctx)
	err := eventually(ctx, "the reflector has a version", func() (bool, error) { return reflector.LastSyncResourceVersion() != "", nil })
	return store.ListKeys(), err
}

// Hides that a list can be streamed.
type plainLister struct{ cache.ListerWatcher }

func (plainLister) IsWatchListSemanticsUnSupported() bool { return true }

func sameAsList(ctx context.Context, c *cluster, lw cache.ListerWatcher) error {
	keys, err := reflected(ctx, lw)
	if err != nil {
		return err
	}
	list, err := c.typed.CoreV1().ConfigMaps("").List(ctx, metav1.ListOptions{})
	if err == nil && len(list.Items) != len(keys) {
		err = fmt.Errorf("%d are listed, %d reflected", len(list.Items), len(keys))
	}
	return err
}

func listAndWatch(ctx context.Context, c *cluster) error {
	lw := cache.NewListWatchFromClient(c.typed.CoreV1().RESTClient(), "configmaps", "", fields.Everything())
	return sameAsList(ctx, c, plainLister{lw})
}

func streamedList(ctx context.Context, c *cluster) error {
	asked := false
	lw := cache.NewFilteredListWatchFromClient(c.typed.CoreV1().RESTClient(), "configmaps", "", func(o *metav1.ListOptions) {
		asked = asked || o.SendInitialEvents != nil && *o.SendInitialEvents
	})
	if err := sameAsList(ctx, c, lw); err != nil {
		return err
	}
	if !asked {
		return fmt.Errorf("client-go did not ask for a stream")
	}
	return nil
}

func pages(ctx context.Context, c *cluster) error {
	whole, err := c.typed.CoreV1().ConfigMaps("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	first, err := c.typed.CoreV1().ConfigMaps("").List(ctx, metav1.ListOptions{Limit: 2})
	if err != nil {
		return err
	}
	if first.Continue == "" || first.RemainingItemCount == nil || int(*first.RemainingItemCount) != len(whole.Items)-2 {
		return fmt.Errorf("the first page says %v of %d remain", first.RemainingItemCount, len(whole.Items))
	}
	paged := pager.New(pager.SimplePageFunc(func(o metav1.ListOptions) (runtime.Object, error) {
		return c.typed.CoreV1().ConfigMaps("").List(ctx, o)
	}))
	paged.PageSize = 2
	object, _, err := paged.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if got := meta.LenList(object); got != len(whole.Items) {
		return fmt.Errorf("%d objects in pages, %d in one", got, len(whole.Items))
	}
	return nil
}

func next(ctx context.Context, w watch.Interface) (watch.Event, error) {
	select {
	case event, open := <-w.ResultChan():
		if !open {
			return event, fmt.Errorf("the watch has ended")
		}
		return event, nil
	case <-time.After(10 * time.Second):
		return watch.Event{}, fmt.Errorf("nothing has happened")
	case <-ctx.Done():
		return watch.Event{}, ctx.Err()
	}
}

func oneObject(ctx context.Context, c *cluster) error {
	w, err := c.typed.CoreV1().ConfigMaps(space).Watch(ctx, metav1.SingleObject(metav1.ObjectMeta{Name: "single"}))
	if err != nil {
		return err
	}
	defer w.Stop()
	for _, name := range []string{"other", "single"} {
		if err := c.configMap(ctx, name, "a"); err != nil {
			return err
		}
		defer c.removeConfigMap(ctx, name)
	}
	event, err := next(ctx, w)
	if err == nil && (event.Type != watch.Added || event.Object.(*corev1.ConfigMap).Name != "single") {
		err = fmt.Errorf("got %v %v", event.Type, event.Object)
	}
	return err
}

func fromVersion(ctx context.Context, c *cluster) error {
	list, err := c.typed.CoreV1().ConfigMaps(space).List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return err
	}
	exact, err := c.typed.CoreV1().ConfigMaps(space).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if list.ResourceVersion == "" || list.ResourceVersion == "0" {
		return fmt.Errorf("the list has the version %q", list.ResourceVersion)
	}
	if err := c.configMap(ctx, "between", "a"); err != nil {
		return err
	}
	defer c.removeConfigMap(ctx, "between")
	w, err := c.typed.CoreV1().ConfigMaps(space).Watch(ctx, metav1.ListOptions{ResourceVersion: exact.ResourceVersion})
	if err != nil {
		return err
	}
	defer w.Stop()
	event, err := next(ctx, w)
	if err == nil && event.Object.(*corev1.ConfigMap).Name != "between" {
		err = fmt.Errorf("got %v", event)
	}
	if err != nil {
		return err
	}
	// The list as it was is still to be had.
	old, err := c.typed.CoreV1().ConfigMaps(space).List(ctx, metav1.ListOptions{ResourceVersion: exact.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact})
	if err == nil && (len(old.Items) != len(exact.Items) || old.ResourceVersion != exact.ResourceVersion) {
		err = fmt.Errorf("of version %s there were %d, now %d of version %s", exact.ResourceVersion, len(exact.Items), len(old.Items), old.ResourceVersion)
	}
	if err != nil {
		return err
	}
	newer, err := c.typed.CoreV1().ConfigMaps(space).List(ctx, metav1.ListOptions{ResourceVersion: exact.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan})
	if err == nil && len(newer.Items) < len(exact.Items) {
		err = fmt.Errorf("a newer list is shorter")
	}
	return err
}

func compacted(ctx context.Context, c *cluster) error {
	// etcd's first version is never to be had once there is a second.
	w, err := c.typed.CoreV1().ConfigMaps(space).Watch(ctx, metav1.ListOptions{ResourceVersion: "1"})
	if err == nil {
		event, broken := next(ctx, w)
		w.Stop()
		if broken != nil {
			return broken
		}
		if event.Type == watch.Error {
			err = errors.FromObject(event.Object)
		}
	}
	if err != nil && !errors.IsResourceExpired(err) && !errors.IsGone(err) {
		return err
	}
	list, err := c.typed.CoreV1().ConfigMaps(space).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	retrying, err := toolswatch.NewRetryWatcherWithContext(ctx, list.ResourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			one := int64(1)
			o.TimeoutSeconds = &one
			return c.typed.CoreV1().ConfigMaps(space).Watch(ctx, o)
		},
	})
	if err != nil {
		return err
	}
	defer retrying.Stop()
	for turn := range 2 {
		time.Sleep(1200 * time.Millisecond)
		if err := c.configMap(ctx, "again", fmt.Sprint(turn)); err != nil {
			return err
		}
		event, err := next(ctx, retrying)
		if err != nil {
			return err
		}
		if got := event.Object.(*corev1.ConfigMap); got.Name != "again" || got.Data["mode"] != fmt.Sprint(turn) {
			return fmt.Errorf("got %v", event)
		}
	}
	return c.removeConfigMap(ctx, "again")
}

func until(ctx context.Context, c *cluster) error {
	lw := cache.NewListWatchFromClient(c.typed.CoreV1().RESTClient(), "configmaps", space, fields.OneTermEqualSelector("metadata.name", "awaited"))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := c.configMap(ctx, "awaited", "a"); err != nil {
		return err
	}
	go func() {
		time.Sleep(300 * time.Millisecond)
		_ = c.removeConfigMap(ctx, "awaited")
	}()
	_, err := toolswatch.UntilWithSync(ctx, lw, &corev1.ConfigMap{}, nil, func(event watch.Event) (bool, error) { return event.Type == watch.Deleted, nil })
	return err
}

func bookmarks(ctx context.Context, c *cluster) error {
	yes := true
	options := metav1.ListOptions{SendInitialEvents: &yes, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan, AllowWatchBookmarks: true, LabelSelector: "app=web"}
	of := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	ways := map[string]func() (watch.Interface, error){
		"typed":    func() (watch.Interface, error) { return c.typed.CoreV1().ConfigMaps(space).Watch(ctx, options) },
		"protobuf": func() (watch.Interface, error) { return c.proto.CoreV1().ConfigMaps(space).Watch(ctx, options) },
		"dynamic":  func() (watch.Interface, error) { return c.dynamic.Resource(of).Namespace(space).Watch(ctx, options) },
		"metadata": func() (watch.Interface, error) { return c.metadata.Resource(of).Namespace(space).Watch(ctx, options) },
		"custom": func() (watch.Interface, error) {
			return c.dynamic.Resource(gadgets).Namespace(space).Watch(ctx, options)
		},
	}
	for name, way := range ways {
		w, err := way()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for {
			event, err := next(ctx, w)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			object, err := meta.Accessor(event.Object)
			if err != nil {
				return fmt.Errorf("%s: %v: %w", name, event, err)
			}
			if event.Type == watch.Bookmark {
				if object.GetAnnotations()[metav1.InitialEventsAnnotationKey] != "true" || object.GetResourceVersion() == "" {
					return fmt.Errorf("%s: the bookmark says %v", name, object)
				}
				break
			}
		}
		w.Stop()
	}
	return nil
}
