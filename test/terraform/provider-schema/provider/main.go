// A Terraform provider that knows what the Google provider accepts and can do nothing: `terraform validate` and
// `terraform test` with mocked providers run against it where the real one cannot be had. Its schema is google.json,
// taken from HashiCorp's published bindings of the provider.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/plugin"
)

type attribute struct {
	Type     string
	Required bool
	Optional bool
	Computed bool
}

type block struct {
	Attributes map[string]attribute
	Blocks     map[string]nestedBlock
}

type nestedBlock struct {
	block
	Nesting  string
	Single   bool
	Required bool
}

func (nested *nestedBlock) UnmarshalJSON(text []byte) error {
	var own struct {
		Nesting  string
		Single   bool
		Required bool
	}
	if err := json.Unmarshal(text, &own); err != nil {
		return err
	}
	nested.Nesting, nested.Single, nested.Required = own.Nesting, own.Single, own.Required
	return json.Unmarshal(text, &nested.block)
}

var elementOf = regexp.MustCompile(`^(list|set|map)\((\w+)\)$`)

var scalars = map[string]schema.ValueType{"string": schema.TypeString, "number": schema.TypeFloat, "bool": schema.TypeBool}

func (given attribute) schema() *schema.Schema {
	made := &schema.Schema{Required: given.Required, Optional: given.Optional, Computed: given.Computed && !given.Required}
	if parts := elementOf.FindStringSubmatch(given.Type); parts != nil {
		made.Type = map[string]schema.ValueType{"list": schema.TypeList, "set": schema.TypeSet, "map": schema.TypeMap}[parts[1]]
		made.Elem = &schema.Schema{Type: scalars[parts[2]]}
		return made
	}
	made.Type = scalars[given.Type]
	return made
}

func (given block) schemas() map[string]*schema.Schema {
	made := map[string]*schema.Schema{}
	for name, one := range given.Attributes {
		// Every resource has an id that the framework adds by itself.
		if name != "id" {
			made[name] = one.schema()
		}
	}
	for name, one := range given.Blocks {
		nested := &schema.Schema{Type: schema.TypeList, Optional: !one.Required, Required: one.Required, Elem: &schema.Resource{Schema: one.schemas()}}
		if one.Nesting == "set" {
			nested.Type = schema.TypeSet
		}
		if one.Single {
			nested.MaxItems = 1
		}
		made[name] = nested
	}
	return made
}

func resources(kinds map[string]block) map[string]*schema.Resource {
	made := map[string]*schema.Resource{}
	for kind, one := range kinds {
		made[kind] = &schema.Resource{Schema: one.schemas()}
	}
	return made
}

func main() {
	text, err := os.ReadFile(os.Getenv("DAYBOOK_PROVIDER_SCHEMA"))
	if err != nil {
		fmt.Fprintf(os.Stderr, "DAYBOOK_PROVIDER_SCHEMA must name google.json: %v\n", err)
		os.Exit(1)
	}
	var known struct {
		Resources   map[string]block
		DataSources map[string]block
	}
	if err := json.Unmarshal(text, &known); err != nil {
		fmt.Fprintf(os.Stderr, "google.json cannot be read: %v\n", err)
		os.Exit(1)
	}
	optional := func(of schema.ValueType) *schema.Schema { return &schema.Schema{Type: of, Optional: true} }
	plugin.Serve(&plugin.ServeOpts{ProviderFunc: func() *schema.Provider {
		return &schema.Provider{
			Schema: map[string]*schema.Schema{
				"project":               optional(schema.TypeString),
				"region":                optional(schema.TypeString),
				"user_project_override": optional(schema.TypeBool),
				"billing_project":       optional(schema.TypeString),
				"default_labels":        {Type: schema.TypeMap, Optional: true, Elem: &schema.Schema{Type: schema.TypeString}},
			},
			ResourcesMap:   resources(known.Resources),
			DataSourcesMap: resources(known.DataSources),
		}
	}})
}
