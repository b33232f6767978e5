package script

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gopiper/gopiper/plan"
)

// clonePlan copies a plan, which its owner may change afterwards.
func clonePlan(p *plan.Plan) *plan.Plan {
	c := &plan.Plan{}
	for i, pipeline := range p.Pipelines {
		copied := *pipeline
		copied.Stages = cloneStages(pipeline.Stages, i)
		copied.Failed = nil
		if pipeline.Failed != nil {
			copied.Failed = cloneStages(pipeline.Failed, i)
		}
		c.Pipelines = append(c.Pipelines, &copied)
	}
	return c
}

// difference says where two plans first differ, or "".
func difference(a, b *plan.Plan) string {
	return differ("", reflect.ValueOf(a), reflect.ValueOf(b))
}

func differ(path string, a, b reflect.Value) string {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return changed(path, a, b)
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() && b.IsNil() {
				return ""
			}
			return changed(path, a, b)
		}
		if f, ok := a.Interface().(*Function); ok {
			return differ(path, reflect.ValueOf(f.identity()), reflect.ValueOf(b.Interface().(*Function).identity()))
		}
		return differ(path, a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			if d := differ(path+"."+name, a.Field(i), b.Field(i)); d != "" {
				return d
			}
		}
	case reflect.Slice:
		for i := range min(a.Len(), b.Len()) {
			if d := differ(fmt.Sprintf("%s[%d]", path, i+1), a.Index(i), b.Index(i)); d != "" {
				return d
			}
		}
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s has %d elements, and had %d at first", strings.TrimPrefix(path, "."), b.Len(), a.Len())
		}
	case reflect.Map:
		keys := append(a.MapKeys(), b.MapKeys()...)
		slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
		for _, key := range keys {
			if d := differ(fmt.Sprintf("%s.%v", path, key), a.MapIndex(key), b.MapIndex(key)); d != "" {
				return d
			}
		}
	default:
		if a.IsValid() && a.Interface() != b.Interface() {
			return changed(path, a, b)
		}
	}
	return ""
}

func changed(path string, a, b reflect.Value) string {
	return fmt.Sprintf("%s is %s, and was %s at first", strings.TrimPrefix(path, "."), shown(b), shown(a))
}

func shown(v reflect.Value) string {
	if !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return "not there"
	}
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	case reflect.Pointer, reflect.Map, reflect.Slice:
		return "there"
	}
	return fmt.Sprint(v.Interface())
}
