package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	metrics "k8s.io/metrics/pkg/client/clientset/versioned"
)

// Where everything happens that changes something.
const space = "clients"

//go:embed stage.yaml
var stage string

// The custom resources of the stage.
var gadgets = schema.GroupVersionResource{Group: "clients.example.com", Version: "v1", Resource: "gadgets"}

// A cluster, and each way of client-go to talk to it.
type cluster struct {
	config    *rest.Config
	typed     kubernetes.Interface
	proto     kubernetes.Interface
	dynamic   dynamic.Interface
	metadata  metadata.Interface
	metrics   metrics.Interface
	kinds     apiextensions.Interface
	discovery discovery.DiscoveryInterface
	mapper    *restmapper.DeferredDiscoveryRESTMapper
}

func connect(kubeconfig string) (*cluster, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 500, 1000
	config.UserAgent = "clients"
	config.WarningHandler = rest.NoWarnings{}
	proto := rest.CopyConfig(config)
	proto.ContentType = "application/vnd.kubernetes.protobuf"
	proto.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	found := discovery.NewDiscoveryClientForConfigOrDie(config)
	return &cluster{
		config:    config,
		typed:     kubernetes.NewForConfigOrDie(config),
		proto:     kubernetes.NewForConfigOrDie(proto),
		dynamic:   dynamic.NewForConfigOrDie(config),
		metadata:  metadata.NewForConfigOrDie(config),
		metrics:   metrics.NewForConfigOrDie(config),
		kinds:     apiextensions.NewForConfigOrDie(config),
		discovery: found,
		mapper:    restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(found)),
	}, nil
}

// Makes the objects of the stage and waits until the pods run.
func (c *cluster) set(ctx context.Context) error {
	for _, document := range strings.Split(stage, "\n---\n") {
		text, err := yaml.ToJSON([]byte(document))
		if err != nil {
			return err
		}
		object := &unstructured.Unstructured{}
		if err := json.Unmarshal(text, &object.Object); err != nil {
			return err
		}
		if err := c.make(ctx, object); err != nil {
			return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return eventually(ctx, "the pods of the stage run", func() (bool, error) {
		pods, err := c.pods(ctx, "app=web")
		return len(pods) == 2, err
	})
}

// Makes one object; a kind may take a while until it is served.
func (c *cluster) make(ctx context.Context, object *unstructured.Unstructured) error {
	return wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		kind := object.GroupVersionKind()
		mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err != nil {
			c.mapper.Reset()
			return false, nil
		}
		_, err = c.dynamic.Resource(mapping.Resource).Namespace(object.GetNamespace()).Create(ctx, object, metav1.CreateOptions{})
		return err == nil, ignore(err, errors.IsNotFound)
	})
}

// Removes the stage and waits until it is gone.
func (c *cluster) strike(ctx context.Context) error {
	gone := c.kinds.ApiextensionsV1().CustomResourceDefinitions().Delete(ctx, "gadgets.clients.example.com", metav1.DeleteOptions{})
	if err := ignore(gone, errors.IsNotFound); err != nil {
		return err
	}
	gone = c.typed.CoreV1().Namespaces().Delete(ctx, space, metav1.DeleteOptions{})
	if err := ignore(gone, errors.IsNotFound); err != nil {
		return err
	}
	return eventually(ctx, "the namespace is gone", func() (bool, error) {
		_, err := c.typed.CoreV1().Namespaces().Get(ctx, space, metav1.GetOptions{})
		return errors.IsNotFound(err), ignore(err, errors.IsNotFound)
	})
}

// The running pods of the stage with a label.
func (c *cluster) pods(ctx context.Context, labels string) ([]corev1.Pod, error) {
	all, err := c.typed.CoreV1().Pods(space).List(ctx, metav1.ListOptions{LabelSelector: labels, FieldSelector: "status.phase=Running"})
	if err != nil {
		return nil, err
	}
	var running []corev1.Pod
	for _, pod := range all.Items {
		if pod.DeletionTimestamp == nil {
			running = append(running, pod)
		}
	}
	return running, nil
}

func (c *cluster) pod(ctx context.Context) (*corev1.Pod, error) {
	pods, err := c.pods(ctx, "app=web")
	if err != nil {
		return nil, err
	}
	if len(pods) == 0 {
		return nil, fmt.Errorf("no pod runs")
	}
	return &pods[0], nil
}

// Waits for up to half a minute until something is so.
func eventually(ctx context.Context, what string, so func() (bool, error)) error {
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) { return so() })
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func ignore(err error, kind func(error) bool) error {
	if err != nil && kind(err) {
		return nil
	}
	return err
}

// What the server says when it should refuse: its reason, code and message must be these.
func refused(err error, reason metav1.StatusReason, code int32, message string) error {
	status, is := err.(errors.APIStatus)
	if !is {
		return fmt.Errorf("expected %s, got: %v", reason, err)
	}
	got := status.Status()
	if got.Reason != reason || got.Code != code || !strings.Contains(got.Message, message) {
		return fmt.Errorf("expected %d %s %q, got %d %s %q", code, reason, message, got.Code, got.Reason, got.Message)
	}
	return nil
}
